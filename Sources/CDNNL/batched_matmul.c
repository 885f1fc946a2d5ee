#include "product.h"
#include "shape.h"

#include <inttypes.h>

/* One operand: `batch` matrices (rows, columns), that lie in memory row-major, or column-major where `transposed`, and
   `outer` such batches. */
typedef struct {
  const char *name, *leading_name, *stride_name, *outer_name;
  int64_t outer, batch, rows, columns;
  bool transposed;
  int64_t leading, batch_stride, outer_stride;
  cdnnl_dtype dtype;
} operand;

static operand operand_a(const cdnnl_batched_matmul *shape) {
  return (operand){
      .name = "A",
      .leading_name = "lda",
      .stride_name = "a_batch_stride",
      .outer_name = "a_outer_stride",
      .outer = shape->outer_batch,
      .batch = shape->batch,
      .rows = shape->m,
      .columns = shape->k,
      .transposed = shape->transpose_a,
      .leading = shape->lda,
      .batch_stride = shape->a_batch_stride,
      .outer_stride = shape->a_outer_stride,
      .dtype = shape->input_dtype,
  };
}

static operand operand_b(const cdnnl_batched_matmul *shape) {
  return (operand){
      .name = "B",
      .leading_name = "ldb",
      .stride_name = "b_batch_stride",
      .outer_name = "b_outer_stride",
      .outer = shape->outer_batch,
      .batch = shape->batch,
      .rows = shape->k,
      .columns = shape->n,
      .transposed = shape->transpose_b,
      .leading = shape->ldb,
      .batch_stride = shape->b_batch_stride,
      .outer_stride = shape->b_outer_stride,
      .dtype = shape->input_dtype,
  };
}

static operand operand_c(const cdnnl_batched_matmul *shape) {
  return (operand){
      .name = "C",
      .leading_name = "ldc",
      .stride_name = "c_batch_stride",
      .outer_name = "c_outer_stride",
      .outer = shape->outer_batch,
      .batch = shape->batch,
      .rows = shape->m,
      .columns = shape->n,
      .leading = shape->ldc,
      .batch_stride = shape->c_batch_stride,
      .outer_stride = shape->c_outer_stride,
      .dtype = shape->output_dtype,
  };
}

static cdnnl_status check_operand(const operand *matrices) {
  const cdnnl_extent strides[] = {
      {matrices->leading_name, matrices->leading, matrices->transposed ? matrices->rows : matrices->columns},
      {matrices->stride_name, matrices->batch_stride, 1},
      {matrices->outer_name, matrices->outer_stride, 1},
  };
  return cdnnl_check_extents(strides, matrices->outer > 1 ? 3 : 2);
}

/* Elements from the first to the last of one batch. */
static int64_t span(const operand *matrices) {
  return (matrices->batch - 1) * matrices->batch_stride + (matrices->rows - 1) * matrices->leading + matrices->columns;
}

/* Whether every element has a place of its own: the matrices one after the other, or their rows in turn; and the batches
   one after the other. */
static bool is_disjoint(const operand *matrices) {
  const int64_t batch = matrices->batch, rows = matrices->rows, columns = matrices->columns;
  const int64_t leading = matrices->leading, stride = matrices->batch_stride;
  const bool in_batch = batch == 1 || stride >= (rows - 1) * leading + columns ||
                        (stride >= columns && leading >= (batch - 1) * stride + columns);
  return in_batch && (matrices->outer == 1 || matrices->outer_stride >= span(matrices));
}

static cdnnl_status check(const cdnnl_batched_matmul *shape) {
  const cdnnl_extent extents[] = {{"outer_batch", shape->outer_batch, 1},
                                  {"batch", shape->batch, 1},
                                  {"m", shape->m, 1},
                                  {"n", shape->n, 1},
                                  {"k", shape->k, 1}};
  CDNNL_RETURN_IF_FAILED(cdnnl_check_extents(extents, sizeof extents / sizeof *extents));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("input_dtype", shape->input_dtype));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("output_dtype", shape->output_dtype));
  const operand a = operand_a(shape), b = operand_b(shape), c = operand_c(shape);
  CDNNL_RETURN_IF_FAILED(check_operand(&a));
  CDNNL_RETURN_IF_FAILED(check_operand(&b));
  CDNNL_RETURN_IF_FAILED(check_operand(&c));
  if (!is_disjoint(&c))
    return cdnnl_fail(CDNNL_FAILED,
                      "matrices of C overlap: ldc %" PRId64 ", c_batch_stride %" PRId64 " and c_outer_stride %" PRId64
                      " leave no place for every element",
                      shape->ldc, shape->c_batch_stride, shape->c_outer_stride);
  return CDNNL_OK;
}

/* A single outer batch is left out: oneDNN has more implementations for three dimensions than for four. */
static cdnnl_status lay_out(onednn_layout *layout, const operand *matrices) {
  const dnnl_dims_t dimensions = {matrices->outer, matrices->batch, matrices->rows, matrices->columns};
  const dnnl_dims_t strides = {matrices->outer_stride, matrices->batch_stride,
                               matrices->transposed ? 1 : matrices->leading,
                               matrices->transposed ? matrices->leading : 1};
  const int skipped = matrices->outer == 1 ? 1 : 0;
  return cdnnl_check(onednn_layout_from_strides(layout, 4 - skipped, dimensions + skipped,
                                                cdnnl_data_type(matrices->dtype), strides + skipped),
                     "describing the matrices");
}

static cdnnl_status describe(const void *matmul, product_layouts *layouts) {
  const cdnnl_batched_matmul *shape = matmul;
  CDNNL_RETURN_IF_FAILED(check(shape));
  const operand a = operand_a(shape), b = operand_b(shape), c = operand_c(shape);
  CDNNL_RETURN_IF_FAILED(lay_out(&layouts->a, &a));
  CDNNL_RETURN_IF_FAILED(lay_out(&layouts->b, &b));
  return lay_out(&layouts->c, &c);
}

cdnnl_status cdnnl_batched_matmul_create(const cdnnl_batched_matmul *shape, cdnnl_primitive **out) {
  if (!shape || !out)
    return cdnnl_fail(CDNNL_FAILED, "batched matmul: the shape or the place for the primitive is NULL");
  cdnnl_status status = cdnnl_product_create(CDNNL_BATCHED_MATMUL, false, shape, describe, out);
  if (status != CDNNL_OK)
    cdnnl_add_context("batched matmul %" PRId64 " x %" PRId64 " x (%" PRId64 ", %" PRId64 ") x (%" PRId64 ", %" PRId64
                      ") %s -> %s",
                      shape->outer_batch, shape->batch, shape->m, shape->k, shape->k, shape->n,
                      cdnnl_dtype_name(shape->input_dtype), cdnnl_dtype_name(shape->output_dtype));
  return status;
}

cdnnl_status cdnnl_batched_matmul_execute(cdnnl_primitive *primitive, const void *a, const void *b, void *c,
                                          void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)a, (void *)b, NULL, c};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_BATCHED_MATMUL, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("batched matmul");
  return status;
}
