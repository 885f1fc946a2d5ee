/* The specification of the losses of single pairs. */
#include "reference.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

double reference_bce_with_logits(const float *logits, const float *targets, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    const double x = logits[i], target = targets[i];
    sum += (x < 0 ? 0 : x) - x * target + log1p(exp(-fabs(x)));
  }
  return sum;
}

void reference_bce_with_logits_backward(const float *logits, const float *targets, float factor, float *dlogits,
                                        size_t count) {
  for (size_t i = 0; i < count; i++)
    dlogits[i] = (float)((1 / (1 + exp(-(double)logits[i])) - targets[i]) * factor);
}

/* At least -100, as torch has it; NaN stays. */
static double bounded_log(double value) { return value < -100 ? -100 : value; }

double reference_bce(const float *probabilities, const float *targets, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    const double p = probabilities[i], target = targets[i];
    sum += (target - 1) * bounded_log(log1p(-p)) - target * bounded_log(log(p));
  }
  return sum;
}

void reference_bce_backward(const float *probabilities, const float *targets, float factor, float *dprobabilities,
                            size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float p = probabilities[i], variance = (1 - p) * p;
    dprobabilities[i] = (p - targets[i]) / (variance < 1e-12f ? 1e-12f : variance) * factor;
  }
}

double reference_mse(const float *predictions, const float *targets, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    const float distance = predictions[i] - targets[i];
    sum += (double)distance * (double)distance;
  }
  return sum;
}

void reference_mse_backward(const float *predictions, const float *targets, float factor, float *dpredictions,
                            size_t count) {
  for (size_t i = 0; i < count; i++)
    dpredictions[i] = (predictions[i] - targets[i]) * factor;
}
