/* Global average pooling: samples are independent, so they are what is cut. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  amp_dtype dtype;
  const void *from;
  void *to;
  size_t samples, spatial, channels;
} pool_job;

static void run_pool(void *context, int index, int count) {
  const pool_job *job = context;
  const range part = part_of(job->samples, index, count, 1);
  for (size_t sample = part.begin; sample < part.end; sample++)
    kernels()->average_rows(job->dtype, element(job->dtype, job->from, sample * job->spatial * job->channels),
                            mutable_element(job->dtype, job->to, sample * job->channels), job->spatial, job->channels);
}

static void run_spread(void *context, int index, int count) {
  const pool_job *job = context;
  const range part = part_of(job->samples, index, count, 1);
  for (size_t sample = part.begin; sample < part.end; sample++)
    kernels()->spread_rows(job->dtype, element(job->dtype, job->from, sample * job->channels),
                           mutable_element(job->dtype, job->to, sample * job->spatial * job->channels), job->spatial,
                           job->channels);
}

void amp_global_average_pool(int threads, amp_dtype dtype, const void *x, void *y, size_t n, size_t spatial,
                             size_t channels) {
  pool_job job = {dtype, x, y, n, spatial, channels};
  parallel_chunks(threads, chunk_count(threads, n * spatial * channels), run_pool, &job);
}

void amp_global_average_pool_backward(int threads, amp_dtype dtype, const void *dy, void *dx, size_t n, size_t spatial,
                                      size_t channels) {
  pool_job job = {dtype, dy, dx, n, spatial, channels};
  parallel_chunks(threads, chunk_count(threads, n * spatial * channels), run_spread, &job);
}
