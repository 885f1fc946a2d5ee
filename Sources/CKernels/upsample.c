/* Enlargement of pictures: rows of the result, and rows of the gradient, are independent, so they are what is cut. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  amp_dtype dtype;
  const void *from; /* x; in the backward pass dy */
  void *to;         /* y; in the backward pass dx */
  size_t n;
  upsample_plan plan;
} upsample_job;

static upsample_job job_of(amp_dtype dtype, const void *from, void *to, const amp_upsample_shape *shape) {
  return (upsample_job){
      .dtype = dtype,
      .from = from,
      .to = to,
      .n = shape->n,
      .plan = {.height = {shape->h, shape->scale, shape->bilinear},
               .width = {shape->w, shape->scale, shape->bilinear},
               .channels = shape->channels},
  };
}

static int chunks_of(int threads, const amp_upsample_shape *shape) {
  return chunk_count(threads, shape->n * shape->h * shape->w * shape->scale * shape->scale * shape->channels);
}

static void run_forward(void *context, int index, int count) {
  const upsample_job *job = context;
  const upsample_plan *plan = &job->plan;
  const size_t picture = plan->height.inputs * plan->width.inputs * plan->channels;
  const size_t rows = plan->height.inputs * plan->height.scale;
  const size_t row_size = plan->width.inputs * plan->width.scale * plan->channels;
  const range part = part_of(job->n * rows, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++)
    kernels()->upsample(job->dtype, element(job->dtype, job->from, at / rows * picture),
                        mutable_element(job->dtype, job->to, at * row_size), plan, at % rows);
}

void amp_upsample(int threads, amp_dtype dtype, const void *x, void *y, const amp_upsample_shape *shape) {
  upsample_job job = job_of(dtype, x, y, shape);
  parallel_chunks(threads, chunks_of(threads, shape), run_forward, &job);
}

static void run_backward(void *context, int index, int count) {
  const upsample_job *job = context;
  const upsample_plan *plan = &job->plan;
  const size_t rows = plan->height.inputs, row_size = plan->width.inputs * plan->channels;
  const size_t enlarged = rows * row_size * plan->height.scale * plan->width.scale;
  const range part = part_of(job->n * rows, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++)
    kernels()->upsample_backward(job->dtype, element(job->dtype, job->from, at / rows * enlarged),
                                 mutable_element(job->dtype, job->to, at * row_size), plan, at % rows);
}

void amp_upsample_backward(int threads, amp_dtype dtype, const void *dy, void *dx, const amp_upsample_shape *shape) {
  upsample_job job = job_of(dtype, dy, dx, shape);
  parallel_chunks(threads, chunks_of(threads, shape), run_backward, &job);
}
