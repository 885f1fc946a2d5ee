#include "primitive.h"
#include "shape.h"

#include <inttypes.h>

typedef struct {
  onednn_layout a, b, bias, c;
  dnnl_primitive_attr_t attributes;
} matmul_parts;

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

static cdnnl_status build(const cdnnl_matmul *shape, matmul_parts *parts, cdnnl_primitive **out) {
  CDNNL_RETURN_IF_FAILED(check(shape));
  CDNNL_RETURN_IF_FAILED(matrix(&parts->a, shape->m, shape->k, shape->transpose_a, shape->input_dtype));
  CDNNL_RETURN_IF_FAILED(matrix(&parts->b, shape->k, shape->n, shape->transpose_b, shape->input_dtype));
  CDNNL_RETURN_IF_FAILED(matrix(&parts->c, shape->m, shape->n, false, shape->output_dtype));
  if (shape->has_bias)
    CDNNL_RETURN_IF_FAILED(matrix(&parts->bias, 1, shape->n, false, shape->bias_dtype));

  dnnl_engine_t engine;
  CDNNL_RETURN_IF_FAILED(cdnnl_engine(&engine));
  CDNNL_RETURN_IF_FAILED(cdnnl_attributes(shape->relu, &parts->attributes));
  onednn_layout_ref a = onednn_layout_borrow(&parts->a), b = onednn_layout_borrow(&parts->b);
  onednn_layout_ref bias = onednn_layout_borrow(&parts->bias), c = onednn_layout_borrow(&parts->c);

  dnnl_primitive_desc_t description = NULL;
  CDNNL_RETURN_IF_FAILED(
      cdnnl_check_description(onednn_matmul(&description, engine, a, b, bias, c, parts->attributes)));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_open(CDNNL_MATMUL, description, out));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "a", DNNL_ARG_SRC, a));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "b", DNNL_ARG_WEIGHTS, b));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "bias", DNNL_ARG_BIAS, bias));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "c", DNNL_ARG_DST, c));
  cdnnl_primitive_seal(*out);
  return CDNNL_OK;
}

cdnnl_status cdnnl_matmul_create(const cdnnl_matmul *shape, cdnnl_primitive **out) {
  if (!shape || !out)
    return cdnnl_fail(CDNNL_FAILED, "matmul: the shape or the place for the primitive is NULL");
  *out = NULL;
  matmul_parts parts = {0};
  cdnnl_primitive *primitive = NULL;
  cdnnl_begin_creation();
  cdnnl_status status = build(shape, &parts, &primitive);
  cdnnl_end_creation();
  if (parts.attributes)
    dnnl_primitive_attr_destroy(parts.attributes);
  onednn_layout_destroy(&parts.a);
  onednn_layout_destroy(&parts.b);
  onednn_layout_destroy(&parts.bias);
  onednn_layout_destroy(&parts.c);
  if (status != CDNNL_OK) {
    cdnnl_destroy(primitive);
    cdnnl_add_context("matmul (%" PRId64 ", %" PRId64 ") x (%" PRId64 ", %" PRId64 ") %s -> %s", shape->m, shape->k,
                      shape->k, shape->n, cdnnl_dtype_name(shape->input_dtype), cdnnl_dtype_name(shape->output_dtype));
    return status;
  }
  *out = primitive;
  return CDNNL_OK;
}

cdnnl_status cdnnl_matmul_execute(cdnnl_primitive *primitive, const void *a, const void *b, const void *bias, void *c,
                                  void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)a, (void *)b, (void *)bias, c};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_MATMUL, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("matmul");
  return status;
}
