/* The specification of the softmax over attention scores. */
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

/* One row; returns its logsumexp. */
static float softmax(const float *scores, const attention_plan *plan, void *p, size_t visible) {
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
  store_zeros(plan, p, visible, plan->stride);
  return (float)(log(sum) + (double)largest);
}

void reference_attention_softmax(float *scores, const attention_plan *plan, void *p, float *logsumexp, size_t first,
                                 size_t rows) {
  for (size_t row = 0; row < rows; row++) {
    const size_t at = row * plan->stride, query = (first + row) % plan->queries;
    const size_t visible = plan->causal && query + 1 < plan->keys ? query + 1 : plan->keys;
    logsumexp[row] = softmax(scores + at, plan, mutable_element(plan->stored, p, at), visible);
  }
}

void reference_attention_softmax_backward(const attention_gradient *operands, const attention_plan *plan, void *p,
                                          void *ds, size_t first, size_t rows) {
  for (size_t key = first; key < first + rows; key++)
    for (size_t query = 0; query < plan->stride; query++) {
      const size_t at = key * plan->stride + query;
      double probability = 0, gradient = 0;
      if (key < plan->keys && query < plan->queries && (!plan->causal || key <= query)) {
        probability = exp((double)(plan->scale * operands->scores[at]) - (double)operands->logsumexp[query]);
        gradient = plan->scale * probability * (double)(operands->dp[at] - operands->delta[query]);
      }
      store_probability(plan, p, at, probability);
      store_probability(plan, ds, at, gradient);
    }
}

void reference_dot_products(amp_dtype dtype, const void *x, size_t x_stride, const void *y, size_t y_stride,
                            float *products, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++) {
    double sum = 0;
    for (size_t i = 0; i < columns; i++)
      sum += (double)load_element(dtype, x, row * x_stride + i) * (double)load_element(dtype, y, row * y_stride + i);
    products[row] = (float)sum;
  }
}
