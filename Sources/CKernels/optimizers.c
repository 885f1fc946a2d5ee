/* Optimizer steps: one pass over weights, gradients and states, cut by elements. */
#include <math.h>

#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  const amp_sgd_settings *sgd; /* NULL for Adam */
  adam_plan adam;
  update_tensors tensors;
  amp_update_statistics found[max_chunks];
} update_job;

static update_tensors chunk_of(const update_tensors *whole, range part) {
  update_tensors chunk = *whole;
  chunk.weight += part.begin;
  chunk.gradient = element(whole->gradient_dtype, whole->gradient, part.begin);
  for (int i = 0; i < 2; i++)
    chunk.state[i] = whole->state[i] ? whole->state[i] + part.begin : NULL;
  if (whole->low_precision_copy != NULL)
    chunk.low_precision_copy = mutable_element(whole->copy_dtype, whole->low_precision_copy, part.begin);
  chunk.count = part.end - part.begin;
  return chunk;
}

static void run_update(void *context, int index, int count) {
  update_job *job = context;
  const update_tensors chunk = chunk_of(&job->tensors, part_of(job->tensors.count, index, count, 64));
  if (job->sgd != NULL)
    kernels()->sgd_update(job->sgd, &chunk, &job->found[index]);
  else
    kernels()->adam_update(&job->adam, &chunk, &job->found[index]);
}

static float larger(float a, float b) { return a > b ? a : b; }

static void update(int threads, update_job *job, amp_update_statistics *result) {
  const int chunks = chunk_count(threads, job->tensors.count);
  parallel_chunks(threads, chunks, run_update, job);
  *result = job->found[0];
  for (int chunk = 1; chunk < chunks; chunk++) {
    const amp_update_statistics *found = &job->found[chunk];
    result->non_finite += found->non_finite;
    result->largest_weight = larger(result->largest_weight, found->largest_weight);
    for (int i = 0; i < 2; i++)
      result->largest_state[i] = larger(result->largest_state[i], found->largest_state[i]);
  }
}

void amp_sgd_update(int threads, const amp_sgd_settings *settings, float *weight, amp_dtype gradient_dtype,
                    const void *gradient, float *momentum_buffer, amp_dtype copy_dtype, void *low_precision_copy,
                    size_t count, amp_update_statistics *result) {
  update_job job;
  job.sgd = settings;
  job.tensors = (update_tensors){weight,     gradient_dtype,     gradient, {momentum_buffer, NULL},
                                 copy_dtype, low_precision_copy, count};
  update(threads, &job, result);
}

void amp_adam_update(int threads, const amp_adam_settings *settings, float *weight, amp_dtype gradient_dtype,
                     const void *gradient, float *first_moment, float *second_moment, amp_dtype copy_dtype,
                     void *low_precision_copy, size_t count, amp_update_statistics *result) {
  const double lr = settings->lr, beta1 = settings->beta1, beta2 = settings->beta2, step = (double)settings->step;
  update_job job;
  job.sgd = NULL;
  job.adam = (adam_plan){
      .inverse_scale = settings->inverse_scale,
      .clip_factor = settings->clip_factor,
      .clip_value = settings->clip_value,
      .decay = settings->decoupled ? (float)(1 - lr * (double)settings->weight_decay) : 1,
      .l2_decay = settings->decoupled ? 0 : settings->weight_decay,
      .beta1 = settings->beta1,
      .one_minus_beta1 = (float)(1 - beta1),
      .beta2 = settings->beta2,
      .one_minus_beta2 = (float)(1 - beta2),
      .step_size = (float)(lr / (1 - pow(beta1, step))),
      .second_correction = (float)sqrt(1 - pow(beta2, step)),
      .eps = settings->eps,
      .dry_run = settings->dry_run,
  };
  job.tensors = (update_tensors){weight,     gradient_dtype,     gradient, {first_moment, second_moment},
                                 copy_dtype, low_precision_copy, count};
  update(threads, &job, result);
}
