#include "product.h"
#include "shape.h"

#include <inttypes.h>

static cdnnl_status check(const cdnnl_matmul *shape) {
  const cdnnl_extent extents[] = {{"m", shape->m, 1}, {"n", shape->n, 1}, {"k", shape->k, 1}};
  CDNNL_RETURN_IF_FAILED(cdnnl_check_extents(extents, sizeof extents / sizeof *extents));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_size("A", (int64_t[]){shape->m, shape->k}, 2));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_size("B", (int64_t[]){shape->k, shape->n}, 2));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_size("C", (int64_t[]){shape->m, shape->n}, 2));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("input_dtype", shape->input_dtype));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("output_dtype", shape->output_dtype));
  return shape->has_bias ? cdnnl_check_dtype("bias_dtype", shape->bias_dtype) : CDNNL_OK;
}

/* A (rows, columns) matrix that lies in memory row-major, or column-major where `transposed`. */
static cdnnl_status matrix(onednn_layout *layout, int64_t rows, int64_t columns, bool transposed, cdnnl_dtype dtype) {
  const dnnl_dims_t dimensions = {rows, columns};
  const dnnl_dims_t strides = {transposed ? 1 : columns, transposed ? rows : 1};
  return cdnnl_check(onednn_layout_from_strides(layout, 2, dimensions, cdnnl_data_type(dtype), strides),
                     "describing a matrix");
}

static cdnnl_status describe(const void *matmul, product_layouts *layouts) {
  const cdnnl_matmul *shape = matmul;
  CDNNL_RETURN_IF_FAILED(check(shape));
  CDNNL_RETURN_IF_FAILED(matrix(&layouts->a, shape->m, shape->k, shape->transpose_a, shape->input_dtype));
  CDNNL_RETURN_IF_FAILED(matrix(&layouts->b, shape->k, shape->n, shape->transpose_b, shape->input_dtype));
  CDNNL_RETURN_IF_FAILED(matrix(&layouts->c, shape->m, shape->n, false, shape->output_dtype));
  return shape->has_bias ? matrix(&layouts->bias, 1, shape->n, false, shape->bias_dtype) : CDNNL_OK;
}

cdnnl_status cdnnl_matmul_create(const cdnnl_matmul *shape, cdnnl_primitive **out) {
  if (!shape || !out)
    return cdnnl_fail(CDNNL_FAILED, "matmul: the shape or the place for the primitive is NULL");
  const cdnnl_epilogue epilogue = shape->relu ? CDNNL_STORE_RELU : CDNNL_STORE_AS_IS;
  cdnnl_status status = cdnnl_product_create(CDNNL_MATMUL, epilogue, shape, describe, out);
  if (status != CDNNL_OK)
    cdnnl_add_context("matmul (%" PRId64 ", %" PRId64 ") x (%" PRId64 ", %" PRId64 ") %s -> %s", shape->m, shape->k,
                      shape->k, shape->n, cdnnl_dtype_name(shape->input_dtype), cdnnl_dtype_name(shape->output_dtype));
  return status;
}

cdnnl_status cdnnl_matmul_execute(cdnnl_primitive *primitive, const void *a, const void *b, const void *bias, void *c,
                                  void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)a, (void *)b, (void *)bias, c};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_MATMUL, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("matmul");
  return status;
}
