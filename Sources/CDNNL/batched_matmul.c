#include "product.h"
#include "shape.h"

#include <inttypes.h>

/* One operand: `batch` matrices (rows, columns), that lie in memory row-major, or column-major where `transposed`. */
typedef struct {
  const char *name, *leading_name, *stride_name;
  int64_t batch, rows, columns;
  bool transposed;
  int64_t leading, batch_stride;
  cdnnl_dtype dtype;
} operand;

static operand operand_a(const cdnnl_batched_matmul *shape) {
  return (operand){
      .name = "A",
      .leading_name = "lda",
      .stride_name = "a_batch_stride",
      .batch = shape->batch,
      .rows = shape->m,
      .columns = shape->k,
      .transposed = shape->transpose_a,
      .leading = shape->lda,
      .batch_stride = shape->a_batch_stride,
      .dtype = shape->input_dtype,
  };
}

static operand operand_b(const cdnnl_batched_matmul *shape) {
  return (operand){
      .name = "B",
      .leading_name = "ldb",
      .stride_name = "b_batch_stride",
      .batch = shape->batch,
      .rows = shape->k,
      .columns = shape->n,
      .transposed = shape->transpose_b,
      .leading = shape->ldb,
      .batch_stride = shape->b_batch_stride,
      .dtype = shape->input_dtype,
  };
}

static operand operand_c(const cdnnl_batched_matmul *shape) {
  return (operand){
      .name = "C",
      .leading_name = "ldc",
      .stride_name = "c_batch_stride",
      .batch = shape->batch,
      .rows = shape->m,
      .columns = shape->n,
      .leading = shape->ldc,
      .batch_stride = shape->c_batch_stride,
      .dtype = shape->output_dtype,
  };
}

static cdnnl_status check_operand(const operand *matrices) {
  const cdnnl_extent strides[] = {
      {matrices->leading_name, matrices->leading, matrices->transposed ? matrices->rows : matrices->columns},
      {matrices->stride_name, matrices->batch_stride, 1},
  };
  return cdnnl_check_extents(strides, matrices->batch > 1 ? 2 : 1);
}

/* Whether every element has a place of its own: the matrices one after the other, or their rows in turn. */
static bool is_disjoint(const operand *matrices) {
  const int64_t batch = matrices->batch, rows = matrices->rows, columns = matrices->columns;
  const int64_t leading = matrices->leading, stride = matrices->batch_stride;
  return batch == 1 || stride >= (rows - 1) * leading + columns ||
         (stride >= columns && leading >= (batch - 1) * stride + columns);
}

static cdnnl_status check(const cdnnl_batched_matmul *shape) {
  const cdnnl_extent extents[] = {
      {"batch", shape->batch, 1}, {"m", shape->m, 1}, {"n", shape->n, 1}, {"k", shape->k, 1}};
  CDNNL_RETURN_IF_FAILED(cdnnl_check_extents(extents, sizeof extents / sizeof *extents));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("input_dtype", shape->input_dtype));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("output_dtype", shape->output_dtype));
  if (shape->has_bias) {
    CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("bias_dtype", shape->bias_dtype));
    if (shape->batch > 1)
      return cdnnl_fail(CDNNL_FAILED, "has_bias needs a batch of 1, found %" PRId64, shape->batch);
  }
  const operand a = operand_a(shape), b = operand_b(shape), c = operand_c(shape);
  CDNNL_RETURN_IF_FAILED(check_operand(&a));
  CDNNL_RETURN_IF_FAILED(check_operand(&b));
  CDNNL_RETURN_IF_FAILED(check_operand(&c));
  if (!is_disjoint(&c))
    return cdnnl_fail(CDNNL_FAILED,
                      "matrices of C overlap: ldc %" PRId64 " and c_batch_stride %" PRId64
                      " leave no place for every element",
                      shape->ldc, shape->c_batch_stride);
  return CDNNL_OK;
}

/* A single matrix has no batch dimension: oneDNN has more implementations for two dimensions than for three. */
static cdnnl_status lay_out(onednn_layout *layout, const operand *matrices, bool is_packed) {
  const dnnl_dims_t dimensions = {matrices->batch, matrices->rows, matrices->columns};
  const dnnl_dims_t strides = {matrices->batch_stride, matrices->transposed ? 1 : matrices->leading,
                               matrices->transposed ? matrices->leading : 1};
  const int skipped = matrices->batch == 1 ? 1 : 0, rank = 3 - skipped;
  const dnnl_data_type_t type = cdnnl_data_type(matrices->dtype);
  return cdnnl_check(is_packed ? onednn_layout_from_tag(layout, rank, dimensions + skipped, type, dnnl_format_tag_any)
                               : onednn_layout_from_strides(layout, rank, dimensions + skipped, type, strides + skipped),
                     "describing the matrices");
}

static cdnnl_status describe(const void *matmul, product_layouts *layouts) {
  const cdnnl_batched_matmul *shape = matmul;
  CDNNL_RETURN_IF_FAILED(check(shape));
  const operand a = operand_a(shape), b = operand_b(shape), c = operand_c(shape);
  CDNNL_RETURN_IF_FAILED(lay_out(&layouts->a, &a, false));
  CDNNL_RETURN_IF_FAILED(lay_out(&layouts->b, &b, false));
  if (shape->packs_b)
    CDNNL_RETURN_IF_FAILED(lay_out(&layouts->packed_b, &b, true));
  if (shape->has_bias) {
    const dnnl_dims_t dimensions = {1, shape->n}, strides = {shape->n, 1};
    CDNNL_RETURN_IF_FAILED(cdnnl_check(
        onednn_layout_from_strides(&layouts->bias, 2, dimensions, cdnnl_data_type(shape->bias_dtype), strides),
        "describing the bias"));
  }
  return lay_out(&layouts->c, &c, false);
}

cdnnl_status cdnnl_batched_matmul_create(const cdnnl_batched_matmul *shape, cdnnl_primitive **out) {
  if (!shape || !out)
    return cdnnl_fail(CDNNL_FAILED, "batched matmul: the shape or the place for the primitive is NULL");
  const cdnnl_epilogue epilogue = shape->adds ? CDNNL_STORE_ADDED : CDNNL_STORE_AS_IS;
  cdnnl_status status = cdnnl_product_create(CDNNL_BATCHED_MATMUL, epilogue, shape, describe, out);
  if (status != CDNNL_OK)
    cdnnl_add_context("batched matmul %" PRId64 " x (%" PRId64 ", %" PRId64 ") x (%" PRId64 ", %" PRId64
                      ") %s -> %s",
                      shape->batch, shape->m, shape->k, shape->k, shape->n, cdnnl_dtype_name(shape->input_dtype), cdnnl_dtype_name(shape->output_dtype));
  return status;
}

cdnnl_status cdnnl_batched_matmul_pack(cdnnl_primitive *primitive, const void *b, void *scratch) {
  enum { index_of_b = 1 };
  cdnnl_status status = cdnnl_primitive_pack(primitive, CDNNL_BATCHED_MATMUL, index_of_b, (void *)b, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("batched matmul");
  return status;
}

cdnnl_status cdnnl_batched_matmul_execute(cdnnl_primitive *primitive, const void *a, const void *b, const void *bias,
                                          void *c, void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)a, (void *)b, (void *)bias, c};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_BATCHED_MATMUL, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("batched matmul");
  return status;
}
