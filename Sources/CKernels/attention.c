/* The pieces of attention between the products: rows of scores are independent, so they are what is cut. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  attention_plan plan;
  float *scores, *logsumexp;
  void *p;
  size_t rows;
} softmax_job;

static void run_softmax(void *context, int index, int count) {
  const softmax_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  const size_t at = part.begin * job->plan.stride;
  kernels()->attention_softmax(job->scores + at, &job->plan, mutable_element(job->plan.stored, job->p, at),
                               job->logsumexp + part.begin, part.begin, part.end - part.begin);
}

static attention_plan plan_of(const amp_attention *attention) {
  return (attention_plan){attention->scale,   attention->rounding, attention->p_dtype, attention->causal,
                          attention->queries, attention->keys,     attention->stride};
}

void amp_attention_softmax(int threads, const amp_attention *attention, float *scores, void *p, float *logsumexp) {
  softmax_job job = {plan_of(attention), scores, logsumexp, p, attention->heads * attention->queries};
  parallel_chunks(threads, chunk_count(threads, job.rows * attention->keys), run_softmax, &job);
}

typedef struct {
  attention_plan plan;
  attention_gradient operands;
  void *p, *ds;
  size_t heads, rows; /* of a head */
} softmax_gradient_job;

static void run_softmax_backward(void *context, int index, int count) {
  const softmax_gradient_job *job = context;
  const range part = part_of(job->heads * job->rows, index, count, 1);
  for (size_t at = part.begin; at < part.end;) {
    const size_t head = at / job->rows, row = at % job->rows, rest = job->rows - row, left = part.end - at;
    const size_t rows = rest < left ? rest : left, matrix = head * job->rows * job->plan.stride;
    const size_t vector = head * job->plan.queries;
    const attention_gradient *all = &job->operands;
    const attention_gradient operands = {all->scores + matrix, all->dp + matrix, all->logsumexp + vector,
                                         all->delta + vector};
    kernels()->attention_softmax_backward(&operands, &job->plan, mutable_element(job->plan.stored, job->p, matrix),
                                          mutable_element(job->plan.stored, job->ds, matrix), row, rows);
    at += rows;
  }
}

void amp_attention_softmax_backward(int threads, const amp_attention *attention, const float *scores,
                                    const float *logsumexp, const float *dp, const float *delta, void *p, void *ds) {
  softmax_gradient_job job = {
      plan_of(attention), {scores, dp, logsumexp, delta}, p, ds, attention->heads, attention->rows};
  const size_t elements = attention->heads * attention->rows * attention->queries;
  parallel_chunks(threads, chunk_count(threads, elements), run_softmax_backward, &job);
}

/* ---- heads ---- */

typedef struct {
  amp_dtype dtype;
  const void *d_o, *o;
  const amp_heads *layout;
  float *delta;
  size_t first, count;
} delta_job;

static void run_delta(void *context, int index, int count) {
  const delta_job *job = context;
  const size_t length = job->layout->length, size = job->layout->head_size, stride = job->layout->row_stride;
  const range part = part_of(job->count, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++) {
    const size_t head = job->first + at;
    const size_t place = head / job->layout->heads * length * stride + head % job->layout->heads * size;
    kernels()->dot_products(job->dtype, element(job->dtype, job->d_o, place), stride,
                            element(job->dtype, job->o, place), stride, job->delta + at * length, length, size);
  }
}

void amp_attention_delta(int threads, amp_dtype dtype, const void *d_o, const void *o, const amp_heads *layout,
                         float *delta, size_t first, size_t count) {
  delta_job job = {dtype, d_o, o, layout, delta, first, count};
  parallel_chunks(threads, chunk_count(threads, count * layout->length * layout->head_size), run_delta, &job);
}

typedef struct {
  amp_dtype from, to;
  const void *src;
  void *dst;
  const amp_heads *layout;
  size_t first, count;
  bool gathers;
} heads_job;

/* A row of a head is a few vectors: calling memcpy for each would take longer than the move. With bytes a constant it
   is a few instructions. */
static inline __attribute__((always_inline)) void copy_row(char *dst, const char *src, size_t bytes) {
  enum { step = 32 };
  size_t at = 0;
  for (; at + step <= bytes; at += step)
    memcpy(dst + at, src + at, step);
  if (at < bytes)
    memcpy(dst + at, src + at, bytes - at);
}

static inline __attribute__((always_inline)) void copy_rows(char *dst, size_t dst_stride, const char *src,
                                                            size_t src_stride, size_t rows, size_t bytes) {
  for (size_t row = 0; row < rows; row++)
    copy_row(dst + row * dst_stride, src + row * src_stride, bytes);
}

static void move_rows(const heads_job *job, char *dst, size_t dst_stride, const char *src, size_t src_stride) {
  const size_t rows = job->layout->length, bytes = job->layout->head_size * element_size(job->from);
  if (job->from != job->to) {
    for (size_t row = 0; row < rows; row++)
      kernels()->cast(job->from, src + row * src_stride, job->to, dst + row * dst_stride, job->layout->head_size);
    return;
  }
  switch (bytes) {
  case 32: copy_rows(dst, dst_stride, src, src_stride, rows, 32); break;
  case 64: copy_rows(dst, dst_stride, src, src_stride, rows, 64); break;
  case 128: copy_rows(dst, dst_stride, src, src_stride, rows, 128); break;
  default: copy_rows(dst, dst_stride, src, src_stride, rows, bytes);
  }
}

static void run_heads(void *context, int index, int count) {
  const heads_job *job = context;
  const amp_heads *layout = job->layout;
  const size_t size = layout->head_size;
  const range part = part_of(job->count, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++) {
    const size_t head = job->first + at, sample = head / layout->heads;
    const size_t packed = sample * layout->length * layout->row_stride + head % layout->heads * size;
    const size_t dense = at * layout->dense_length * size, end = dense + layout->length * size;
    if (job->gathers) {
      const size_t stride = element_size(job->from) * layout->row_stride;
      move_rows(job, mutable_element(job->to, job->dst, dense), size * element_size(job->to),
                element(job->from, job->src, packed), stride);
      memset(mutable_element(job->to, job->dst, end), 0,
             (layout->dense_length - layout->length) * size * element_size(job->to));
    } else {
      move_rows(job, mutable_element(job->to, job->dst, packed), element_size(job->to) * layout->row_stride,
                element(job->from, job->src, dense), size * element_size(job->from));
    }
  }
}

static void move_heads(int threads, const heads_job *job) {
  const size_t elements = job->count * job->layout->length * job->layout->head_size;
  parallel_chunks(threads, chunk_count(threads, elements), run_heads, (void *)job);
}

void amp_gather_heads(int threads, amp_dtype from, const void *src, const amp_heads *layout, amp_dtype to, void *dst,
                      size_t first, size_t count) {
  const heads_job job = {from, to, src, dst, layout, first, count, true};
  move_heads(threads, &job);
}

void amp_scatter_heads(int threads, amp_dtype from, const void *src, amp_dtype to, void *dst, const amp_heads *layout,
                       size_t first, size_t count) {
  const heads_job job = {from, to, src, dst, layout, first, count, false};
  move_heads(threads, &job);
}
