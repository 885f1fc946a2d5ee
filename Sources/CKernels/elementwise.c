/* Public elementwise functions: one chunk of elements, or of rows, per member of the team. */
#include <math.h>

#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"
#include "philox.h"

/* Chunks begin at cache lines of the widest format, and at whole counters of the generator. */
enum { elements_per_granule = 64 };

typedef void unary_kernel(amp_dtype dtype, const void *x, void *y, size_t count);
typedef void binary_kernel(amp_dtype dtype, const void *a, const void *b, void *out, size_t count);

typedef struct {
  unary_kernel *unary;
  binary_kernel *binary;
  amp_dtype dtype;
  const void *a, *b;
  void *out;
  size_t count;
} elementwise_job;

static void run_unary(void *context, int index, int count) {
  const elementwise_job *job = context;
  const range part = part_of(job->count, index, count, elements_per_granule);
  job->unary(job->dtype, element(job->dtype, job->a, part.begin), mutable_element(job->dtype, job->out, part.begin),
             part.end - part.begin);
}

static void run_binary(void *context, int index, int count) {
  const elementwise_job *job = context;
  const range part = part_of(job->count, index, count, elements_per_granule);
  job->binary(job->dtype, element(job->dtype, job->a, part.begin), element(job->dtype, job->b, part.begin),
              mutable_element(job->dtype, job->out, part.begin), part.end - part.begin);
}

static void unary(int threads, unary_kernel *kernel, amp_dtype dtype, const void *x, void *y, size_t count) {
  elementwise_job job = {.unary = kernel, .dtype = dtype, .a = x, .out = y, .count = count};
  parallel_chunks(threads, chunk_count(threads, count), run_unary, &job);
}

static void binary(int threads, binary_kernel *kernel, amp_dtype dtype, const void *a, const void *b, void *out,
                   size_t count) {
  elementwise_job job = {.binary = kernel, .dtype = dtype, .a = a, .b = b, .out = out, .count = count};
  parallel_chunks(threads, chunk_count(threads, count), run_binary, &job);
}

void amp_relu(int threads, amp_dtype dtype, const void *x, void *y, size_t count) {
  unary(threads, kernels()->relu, dtype, x, y, count);
}

void amp_relu_backward(int threads, amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  binary(threads, kernels()->relu_backward, dtype, dy, y, dx, count);
}

void amp_gelu(int threads, amp_dtype dtype, const void *x, void *y, size_t count) {
  unary(threads, kernels()->gelu, dtype, x, y, count);
}

void amp_gelu_backward(int threads, amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count) {
  binary(threads, kernels()->gelu_backward, dtype, dy, x, dx, count);
}

void amp_sigmoid(int threads, amp_dtype dtype, const void *x, void *y, size_t count) {
  unary(threads, kernels()->sigmoid, dtype, x, y, count);
}

void amp_sigmoid_backward(int threads, amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  binary(threads, kernels()->sigmoid_backward, dtype, dy, y, dx, count);
}

void amp_tanh(int threads, amp_dtype dtype, const void *x, void *y, size_t count) {
  unary(threads, kernels()->tanh, dtype, x, y, count);
}

void amp_tanh_backward(int threads, amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  binary(threads, kernels()->tanh_backward, dtype, dy, y, dx, count);
}

void amp_silu(int threads, amp_dtype dtype, const void *x, void *y, size_t count) {
  unary(threads, kernels()->silu, dtype, x, y, count);
}

void amp_silu_backward(int threads, amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count) {
  binary(threads, kernels()->silu_backward, dtype, dy, x, dx, count);
}

void amp_add(int threads, amp_dtype dtype, const void *x, const void *y, void *z, size_t count) {
  binary(threads, kernels()->add, dtype, x, y, z, count);
}

void amp_multiply(int threads, amp_dtype dtype, const void *x, const void *y, void *z, size_t count) {
  binary(threads, kernels()->multiply, dtype, x, y, z, count);
}

typedef struct {
  amp_dtype dtype;
  const void *x, *y;
  void *z;
  size_t rows, columns;
} broadcast_job;

/* Elements are what is cut, not rows: there may be one row of a million columns, or the reverse. */
static void run_add_broadcast(void *context, int index, int count) {
  const broadcast_job *job = context;
  const amp_dtype dtype = job->dtype;
  const range part = part_of(job->rows * job->columns, index, count, elements_per_granule);
  for (size_t at = part.begin; at < part.end;) {
    const size_t column = at % job->columns, left = part.end - at, rest = job->columns - column;
    const void *x = element(dtype, job->x, at);
    void *z = mutable_element(dtype, job->z, at);
    if (column == 0 && left >= job->columns) {
      const size_t rows = left / job->columns;
      kernels()->bias_activation(dtype, x, dtype, job->y, false, dtype, z, rows, job->columns);
      at += rows * job->columns;
    } else {
      const size_t piece = rest < left ? rest : left;
      kernels()->add(dtype, x, element(dtype, job->y, column), z, piece);
      at += piece;
    }
  }
}

void amp_add_broadcast(int threads, amp_dtype dtype, const void *x, const void *y, void *z, size_t rows,
                       size_t columns) {
  broadcast_job job = {dtype, x, y, z, rows, columns};
  parallel_chunks(threads, chunk_count(threads, rows * columns), run_add_broadcast, &job);
}

typedef struct {
  amp_dtype dtype;
  const void *gradient;
  float *accumulator;
  size_t count;
  bool first;
} accumulate_job;

static void run_accumulate(void *context, int index, int count) {
  const accumulate_job *job = context;
  const range part = part_of(job->count, index, count, elements_per_granule);
  kernels()->accumulate(job->dtype, element(job->dtype, job->gradient, part.begin), job->accumulator + part.begin,
                        part.end - part.begin, job->first);
}

void amp_accumulate(int threads, amp_dtype dtype, const void *gradient, float *accumulator, size_t count, bool first) {
  accumulate_job job = {dtype, gradient, accumulator, count, first};
  parallel_chunks(threads, chunk_count(threads, count), run_accumulate, &job);
}

typedef struct {
  amp_dtype from, to;
  const void *src;
  void *dst;
  size_t count;
} cast_job;

static void run_cast(void *context, int index, int count) {
  const cast_job *job = context;
  const range part = part_of(job->count, index, count, elements_per_granule);
  const void *src = element(job->from, job->src, part.begin);
  void *dst = mutable_element(job->to, job->dst, part.begin);
  if (job->from == job->to)
    memcpy(dst, src, (part.end - part.begin) * element_size(job->to));
  else
    kernels()->cast(job->from, src, job->to, dst, part.end - part.begin);
}

void amp_cast(int threads, amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count) {
  if (count == 0)
    return;
  cast_job job = {from, to, src, dst, count};
  parallel_chunks(threads, chunk_count(threads, count), run_cast, &job);
}

typedef struct {
  amp_dtype x_dtype, bias_dtype, y_dtype;
  const void *x, *bias;
  void *y;
  bool relu;
  size_t rows, columns;
} bias_job;

static void run_bias(void *context, int index, int count) {
  const bias_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  kernels()->bias_activation(job->x_dtype, element(job->x_dtype, job->x, part.begin * job->columns), job->bias_dtype,
                             job->bias, job->relu, job->y_dtype,
                             mutable_element(job->y_dtype, job->y, part.begin * job->columns), part.end - part.begin,
                             job->columns);
}

void amp_bias_activation(int threads, amp_dtype x_dtype, const void *x, amp_dtype bias_dtype, const void *bias,
                         bool relu, amp_dtype y_dtype, void *y, size_t rows, size_t columns) {
  bias_job job = {x_dtype, bias_dtype, y_dtype, x, bias, y, relu, rows, columns};
  parallel_chunks(threads, chunk_count(threads, rows * columns), run_bias, &job);
}

typedef struct {
  dropout_plan plan;
  amp_dtype dtype;
  const void *x;
  void *y;
  size_t count;
} dropout_job;

static void run_dropout(void *context, int index, int count) {
  const dropout_job *job = context;
  const range part = part_of(job->count, index, count, elements_per_granule);
  kernels()->dropout(job->dtype, element(job->dtype, job->x, part.begin),
                     mutable_element(job->dtype, job->y, part.begin), part.end - part.begin, part.begin, &job->plan);
}

void amp_dropout(int threads, amp_dtype dtype, const void *x, void *y, size_t count, float p, uint64_t seed,
                 uint64_t attempt, uint32_t operation) {
  dropout_job job = {
      .plan = {.seed = seed,
               .attempt = attempt,
               .operation = operation,
               /* Draws are whole numbers, so "at least p * 2^32" is "at least its ceiling"; p < 1 keeps it in range. */
               .threshold = (uint32_t)ceil((double)p * 0x1p32),
               .scale = (float)(1.0 / (1.0 - (double)p))},
      .dtype = dtype,
      .x = x,
      .y = y,
      .count = count,
  };
  parallel_chunks(threads, chunk_count(threads, count), run_dropout, &job);
}

void amp_philox4x32(uint64_t key, const uint32_t counter[4], uint32_t out[4]) { philox4x32(key, counter, out); }
