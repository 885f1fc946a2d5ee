/* The specification of the optimizer steps. Every operation rounds once, in the order written: the fast kernels give
 * the same bits. */
#include "reference.h"

#include <math.h>

#include "../philox.h"

#pragma STDC FP_CONTRACT OFF

static void note(float value, float *largest, amp_update_statistics *result) {
  if (!is_finite(value))
    result->non_finite++;
  else if (fabsf(value) > *largest)
    *largest = fabsf(value);
}

static float clipped(float gradient, float inverse_scale, float clip_factor, float clip_value) {
  const float value = gradient * inverse_scale * clip_factor;
  if (value > clip_value)
    return clip_value;
  return value < -clip_value ? -clip_value : value;
}

static void write_weight(const update_tensors *tensors, size_t i, float weight) {
  tensors->weight[i] = weight;
  if (tensors->low_precision_copy != NULL)
    store_element(tensors->copy_dtype, tensors->low_precision_copy, i, weight);
}

void reference_sgd_update(const amp_sgd_settings *settings, const update_tensors *tensors,
                          amp_update_statistics *result) {
  *result = (amp_update_statistics){0};
  for (size_t i = 0; i < tensors->count; i++) {
    const float old = tensors->weight[i];
    const float gradient = clipped(load_element(tensors->gradient_dtype, tensors->gradient, i), settings->inverse_scale,
                                   settings->clip_factor, settings->clip_value) +
                           settings->weight_decay * old;
    const float buffer = settings->first_step ? gradient : settings->momentum * tensors->state[0][i] + gradient;
    const float step = settings->nesterov ? gradient + settings->momentum * buffer : buffer;
    const float weight = old - settings->lr * step;
    note(weight, &result->largest_weight, result);
    note(buffer, &result->largest_state[0], result);
    if (settings->dry_run)
      continue;
    tensors->state[0][i] = buffer;
    write_weight(tensors, i, weight);
  }
}

void reference_adam_update(const adam_plan *plan, const update_tensors *tensors, amp_update_statistics *result) {
  *result = (amp_update_statistics){0};
  for (size_t i = 0; i < tensors->count; i++) {
    const float old = tensors->weight[i];
    float gradient = clipped(load_element(tensors->gradient_dtype, tensors->gradient, i), plan->inverse_scale,
                             plan->clip_factor, plan->clip_value);
    if (plan->l2_decay != 0)
      gradient += plan->l2_decay * old;
    const float first = plan->beta1 * tensors->state[0][i] + plan->one_minus_beta1 * gradient;
    const float second = plan->beta2 * tensors->state[1][i] + plan->one_minus_beta2 * gradient * gradient;
    const float denominator = sqrtf(second) / plan->second_correction + plan->eps;
    const float weight = old * plan->decay - plan->step_size * first / denominator;
    note(weight, &result->largest_weight, result);
    note(first, &result->largest_state[0], result);
    note(second, &result->largest_state[1], result);
    if (plan->dry_run)
      continue;
    tensors->state[0][i] = first;
    tensors->state[1][i] = second;
    write_weight(tensors, i, weight);
  }
}

void reference_round_stochastically(amp_dtype to, const float *src, void *dst, size_t count, size_t first,
                                    const random_stream *stream) {
  uint16_t *rounded = dst;
  for (size_t i = 0; i < count; i++) {
    const size_t index = first + i;
    const uint32_t counter[4] = {(uint32_t)(index / 4), (uint32_t)stream->attempt, (uint32_t)(stream->attempt >> 32),
                                 stream->number};
    uint32_t draws[4];
    philox4x32(stream->seed, counter, draws);
    rounded[i] = to == AMP_BF16 ? bf16_from_float_stochastic(src[i], draws[index % 4])
                                : f16_from_float_stochastic(src[i], draws[index % 4]);
  }
}
