/* The specification of one row of attention scores. */
#include "reference.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

static void store_probability(const attention_plan *plan, void *base, size_t index, double value) {
  uint32_t rounded;
  store_element(plan->rounding, &rounded, 0, (float)value);
  store_element(plan->stored, base, index, load_element(plan->rounding, &rounded, 0));
}

static void store_zeros(const attention_plan *plan, void *base, size_t first, size_t last) {
  for (size_t i = first; i < last; i++)
    store_element(plan->stored, base, i, 0);
}

float reference_attention_softmax(float *scores, const attention_plan *plan, void *p, size_t visible, size_t keys) {
  float largest = -INFINITY;
  for (size_t key = 0; key < visible; key++)
    if (plan->scale * scores[key] > largest)
      largest = plan->scale * scores[key];
  /* A NaN is skipped above but not here: it makes the sum NaN. So does an infinite maximum, as infinity - infinity. */
  double sum = 0;
  for (size_t key = 0; key < visible; key++)
    sum += exp((double)(plan->scale * scores[key]) - (double)largest);
  for (size_t key = 0; key < visible; key++)
    store_probability(plan, p, key, exp((double)(plan->scale * scores[key]) - (double)largest) / sum);
  store_zeros(plan, p, visible, keys);
  return (float)(log(sum) + (double)largest);
}

void reference_attention_softmax_backward(const float *scores, float logsumexp, const float *dp, float delta,
                                          const attention_plan *plan, void *p, void *ds, size_t visible, size_t keys) {
  for (size_t key = 0; key < visible; key++) {
    const double probability = exp((double)(plan->scale * scores[key]) - (double)logsumexp);
    const double gradient = plan->scale * probability * (double)(dp[key] - delta);
    store_probability(plan, p, key, probability);
    store_probability(plan, ds, key, gradient);
  }
  store_zeros(plan, p, visible, keys);
  store_zeros(plan, ds, visible, keys);
}

float reference_dot_product(amp_dtype dtype, const void *x, const void *y, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += (double)load_element(dtype, x, i) * (double)load_element(dtype, y, i);
  return (float)sum;
}
