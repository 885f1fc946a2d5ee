/* Batch normalisation (Ioffe & Szegedy 2015): statistics per chunk of rows, combined by Chan's formula in the order of
 * the chunks, then one pass that applies them. */
#include <math.h>

#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  amp_dtype dtype;
  const void *x, *dy;
  void *out;
  const float *mean, *scale, *bias;
  bool relu;
  float *partial; /* per chunk two arrays (channels) */
  const batch_norm_gradient_plan *gradient;
  size_t rows, channels;
} batch_norm_job;

/* What a deviation is multiplied by, in forward and in backward: the same bits, or relu's mask would differ. */
static float channel_scale(float weight, float rstd) { return weight * rstd; }

static size_t chunk_rows_count(const batch_norm_job *job, int index, int count) {
  const range part = part_of(job->rows, index, count, 1);
  return part.end - part.begin;
}

size_t amp_batch_norm_scratch(int threads, size_t rows, size_t channels) {
  const size_t partials = 2 * (size_t)chunk_count(threads, rows * channels);
  const size_t gradient_constants = 3;
  return (partials + gradient_constants) * channels * sizeof(float);
}

/* ---- forward ---- */

static void run_moments(void *context, int index, int count) {
  const batch_norm_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  float *mean = job->partial + 2 * (size_t)index * job->channels;
  if (part.end > part.begin)
    kernels()->batch_norm_moments(job->dtype, element(job->dtype, job->x, part.begin * job->channels),
                                  part.end - part.begin, job->channels, mean, mean + job->channels);
}

/* Applies to the chunk's rows, for channels first..<last of the job. */
static void apply(const batch_norm_job *job, range part, size_t first, size_t last) {
  const size_t at = part.begin * job->channels + first;
  kernels()->batch_norm_apply(job->dtype, element(job->dtype, job->x, at), job->mean + first, job->scale,
                              job->bias + first, job->relu, mutable_element(job->dtype, job->out, at),
                              part.end - part.begin, last - first, job->channels);
}

static void run_apply(void *context, int index, int count) {
  const batch_norm_job *job = context;
  apply(job, part_of(job->rows, index, count, 1), 0, job->channels);
}

void amp_batch_norm_train(int threads, amp_dtype dtype, const void *x, const float *weight, const float *bias,
                          const float *running_mean, const float *running_variance, float momentum, float eps,
                          bool relu, void *y, float *saved_mean, float *saved_rstd, float *new_running_mean,
                          float *new_running_variance, size_t rows, size_t channels, void *scratch) {
  const int chunks = chunk_count(threads, rows * channels);
  float *scale = (float *)scratch + 2 * (size_t)chunks * channels;
  batch_norm_job job = {.dtype = dtype,
                        .x = x,
                        .out = y,
                        .mean = saved_mean,
                        .scale = scale,
                        .bias = bias,
                        .relu = relu,
                        .partial = scratch,
                        .rows = rows,
                        .channels = channels};
  parallel_chunks(threads, chunks, run_moments, &job);
  for (size_t channel = 0; channel < channels; channel++) {
    double mean = 0, squared_deviations = 0, seen = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      const double added = (double)chunk_rows_count(&job, chunk, chunks);
      if (added == 0)
        continue;
      const float *found = job.partial + 2 * (size_t)chunk * channels + channel;
      const double distance = found[0] - mean, together = seen + added;
      mean += distance * added / together;
      squared_deviations += found[channels] + distance * distance * seen * added / together;
      seen = together;
    }
    const double variance = squared_deviations / seen, unbiased = squared_deviations / (seen - 1);
    saved_mean[channel] = (float)mean;
    saved_rstd[channel] = (float)(1 / sqrt(variance + (double)eps));
    scale[channel] = channel_scale(weight[channel], saved_rstd[channel]);
    new_running_mean[channel] = (1 - momentum) * running_mean[channel] + momentum * (float)mean;
    new_running_variance[channel] = (1 - momentum) * running_variance[channel] + momentum * (float)unbiased;
  }
  parallel_chunks(threads, chunks, run_apply, &job);
}

typedef struct {
  batch_norm_job batch_norm;
  size_t first, last;
} channel_tile_job;

static void run_infer(void *context, int index, int count) {
  const channel_tile_job *job = context;
  apply(&job->batch_norm, part_of(job->batch_norm.rows, index, count, 1), job->first, job->last);
}

void amp_batch_norm_infer(int threads, amp_dtype dtype, const void *x, const float *weight, const float *bias,
                          const float *running_mean, const float *running_variance, float eps, bool relu, void *y,
                          size_t rows, size_t channels) {
  enum { channels_per_tile = 512 }; /* what fits on the stack: there is no scratch here */
  float scale[channels_per_tile];
  const int chunks = chunk_count(threads, rows * channels);
  for (size_t first = 0; first < channels; first += channels_per_tile) {
    const size_t last = first + channels_per_tile < channels ? first + channels_per_tile : channels;
    for (size_t channel = first; channel < last; channel++)
      scale[channel - first] = (float)(weight[channel] / sqrt((double)running_variance[channel] + (double)eps));
    channel_tile_job job = {.batch_norm = {.dtype = dtype,
                                           .x = x,
                                           .out = y,
                                           .mean = running_mean,
                                           .scale = scale,
                                           .bias = bias,
                                           .relu = relu,
                                           .rows = rows,
                                           .channels = channels},
                            .first = first,
                            .last = last};
    parallel_chunks(threads, chunks, run_infer, &job);
  }
}

/* ---- backward ---- */

static void run_gradient_sums(void *context, int index, int count) {
  const batch_norm_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  const size_t at = part.begin * job->channels;
  float *sum = job->partial + 2 * (size_t)index * job->channels;
  kernels()->batch_norm_gradient_sums(job->dtype, element(job->dtype, job->dy, at), element(job->dtype, job->x, at),
                                      job->gradient, sum, sum + job->channels, part.end - part.begin, job->channels);
}

static void run_gradient_apply(void *context, int index, int count) {
  const batch_norm_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  const size_t at = part.begin * job->channels;
  kernels()->batch_norm_gradient_apply(job->dtype, element(job->dtype, job->dy, at), element(job->dtype, job->x, at),
                                       job->gradient, mutable_element(job->dtype, job->out, at),
                                       part.end - part.begin, job->channels);
}

void amp_batch_norm_backward(int threads, amp_dtype dtype, const void *dy, const void *x, const float *weight,
                             const float *bias, const float *saved_mean, const float *saved_rstd, void *dx,
                             float *dweight, float *dbias, size_t rows, size_t channels, void *scratch) {
  const int chunks = chunk_count(threads, rows * channels);
  float *scale = (float *)scratch + 2 * (size_t)chunks * channels, *curve = scale + channels,
        *offset = curve + channels;
  const batch_norm_gradient_plan plan = {saved_mean, scale, bias, curve, offset};
  batch_norm_job job = {.dtype = dtype,
                        .x = x,
                        .dy = dy,
                        .out = dx,
                        .partial = scratch,
                        .gradient = &plan,
                        .rows = rows,
                        .channels = channels};
  for (size_t channel = 0; channel < channels; channel++)
    scale[channel] = channel_scale(weight[channel], saved_rstd[channel]);
  parallel_chunks(threads, chunks, run_gradient_sums, &job);
  for (size_t channel = 0; channel < channels; channel++) {
    double sum = 0, sum_with_deviation = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      const float *found = job.partial + 2 * (size_t)chunk * channels + channel;
      sum += found[0];
      sum_with_deviation += found[channels];
    }
    /* dx = weight * rstd * (dy - dbias / rows - (x - mean) * rstd * dweight / rows), by powers of (x - mean). */
    const double rstd = saved_rstd[channel], factor = weight[channel] * rstd;
    dbias[channel] = (float)sum;
    dweight[channel] = (float)(sum_with_deviation * rstd);
    curve[channel] = (float)(-factor * rstd * rstd * sum_with_deviation / (double)rows);
    offset[channel] = (float)(-factor * sum / (double)rows);
  }
  parallel_chunks(threads, chunks, run_gradient_apply, &job);
}
