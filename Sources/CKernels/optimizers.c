/* Optimizer steps: one pass over weights, gradients and states, cut by elements. */
#include <math.h>

#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"
#include "update_blocks.h"

typedef struct {
  update_rule rule;
  const amp_update_tensors *tensors;
  amp_update_statistics found[max_chunks];
} update_job;

/* The elements of a chunk whose weight and states are fp32. */
static update_tensors chunk_of(const amp_update_tensors *whole, range part) {
  update_tensors chunk = {
      .weight = (float *)whole->weight + part.begin,
      .gradient_dtype = whole->gradient_dtype,
      .gradient = element(whole->gradient_dtype, whole->gradient, part.begin),
      .copy_dtype = whole->copy_dtype,
      .count = part.end - part.begin,
  };
  for (int i = 0; i < 2; i++)
    chunk.state[i] = whole->state[i] ? (float *)whole->state[i] + part.begin : NULL;
  if (whole->low_precision_copy != NULL)
    chunk.low_precision_copy = mutable_element(whole->copy_dtype, whole->low_precision_copy, part.begin);
  return chunk;
}

static void run_update(void *context, int index, int count) {
  update_job *job = context;
  const range part = part_of(job->tensors->count, index, count, 64);
  if (job->tensors->storage_dtype != AMP_F32 || job->tensors->count_changes) {
    update_in_blocks(&job->rule, job->tensors, part.begin, part.end, &job->found[index]);
    return;
  }
  const update_tensors chunk = chunk_of(job->tensors, part);
  apply_rule(&job->rule, &chunk, &job->found[index]);
}

static void update(int threads, update_job *job, amp_update_statistics *result) {
  const int chunks = chunk_count(threads, job->tensors->count);
  parallel_chunks(threads, chunks, run_update, job);
  *result = job->found[0];
  for (int chunk = 1; chunk < chunks; chunk++)
    add_update_statistics(result, &job->found[chunk]);
}

void amp_sgd_update(int threads, const amp_sgd_settings *settings, const amp_update_tensors *tensors,
                    amp_update_statistics *result) {
  update_job job;
  job.rule = (update_rule){.is_adam = false, .sgd = *settings};
  job.tensors = tensors;
  update(threads, &job, result);
}

void amp_adam_update(int threads, const amp_adam_settings *settings, const amp_update_tensors *tensors,
                     amp_update_statistics *result) {
  const double lr = settings->lr, beta1 = settings->beta1, beta2 = settings->beta2, step = (double)settings->step;
  update_job job;
  job.rule = (update_rule){
      .is_adam = true,
      .adam = {
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
      }};
  job.tensors = tensors;
  update(threads, &job, result);
}
