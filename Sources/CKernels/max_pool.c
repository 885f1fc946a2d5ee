/* Max pooling: rows of windows, and rows of the gradient, are independent, so they are what is cut. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  amp_dtype dtype;
  const void *from; /* x; in the backward pass dy */
  void *to;         /* y; in the backward pass dx */
  void *positions;  /* read only in the backward pass */
  size_t n;
  max_pool_plan plan;
} max_pool_job;

static pool_axis axis_of(size_t inputs, size_t kernel, size_t stride, size_t padding) {
  return (pool_axis){inputs, (inputs + 2 * padding - kernel) / stride + 1, kernel, stride, padding};
}

static max_pool_plan plan_of(const amp_pool_shape *shape) {
  return (max_pool_plan){
      .height = axis_of(shape->h, shape->kernel_h, shape->stride_h, shape->padding_h),
      .width = axis_of(shape->w, shape->kernel_w, shape->stride_w, shape->padding_w),
      .channels = shape->channels,
      .position_size = amp_pool_position_size(shape),
  };
}

size_t amp_pool_position_size(const amp_pool_shape *shape) {
  return shape->kernel_h * shape->kernel_w <= UINT8_MAX ? sizeof(uint8_t) : sizeof(int32_t);
}

static void run_forward(void *context, int index, int count) {
  const max_pool_job *job = context;
  const max_pool_plan *plan = &job->plan;
  const size_t picture = plan->height.inputs * plan->width.inputs * plan->channels;
  const size_t row_size = plan->width.outputs * plan->channels;
  const range part = part_of(job->n * plan->height.outputs, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++)
    kernels()->max_pool(job->dtype, element(job->dtype, job->from, at / plan->height.outputs * picture),
                        mutable_element(job->dtype, job->to, at * row_size),
                        (char *)job->positions + at * row_size * plan->position_size, plan, at % plan->height.outputs);
}

void amp_max_pool(int threads, amp_dtype dtype, const void *x, void *y, void *positions, const amp_pool_shape *shape) {
  max_pool_job job = {dtype, x, y, positions, shape->n, plan_of(shape)};
  parallel_chunks(threads, chunk_count(threads, shape->n * shape->h * shape->w * shape->channels), run_forward, &job);
}

static void run_backward(void *context, int index, int count) {
  const max_pool_job *job = context;
  const max_pool_plan *plan = &job->plan;
  const size_t pooled = plan->height.outputs * plan->width.outputs * plan->channels;
  const size_t row_size = plan->width.inputs * plan->channels;
  const range part = part_of(job->n * plan->height.inputs, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++) {
    const size_t first = at / plan->height.inputs * pooled;
    kernels()->max_pool_backward(job->dtype, element(job->dtype, job->from, first),
                                 (const char *)job->positions + first * plan->position_size,
                                 mutable_element(job->dtype, job->to, at * row_size), plan, at % plan->height.inputs);
  }
}

void amp_max_pool_backward(int threads, amp_dtype dtype, const void *dy, const void *positions, void *dx,
                           const amp_pool_shape *shape) {
  max_pool_job job = {dtype, dy, dx, (void *)positions, shape->n, plan_of(shape)};
  parallel_chunks(threads, chunk_count(threads, shape->n * shape->h * shape->w * shape->channels), run_backward, &job);
}
