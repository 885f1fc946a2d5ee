/* The specification of the smooth activations. */
#include "reference.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

/* Distribution function and density of the standard normal. */
static double normal_distribution(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }
static double normal_density(double x) { return 0.3989422804014327 * exp(-0.5 * x * x); }

void reference_gelu(amp_dtype dtype, const void *x, void *y, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double value = load_element(dtype, x, i);
    store_element(dtype, y, i, (float)(value * normal_distribution(value)));
  }
}

void reference_gelu_backward(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double value = load_element(dtype, x, i);
    const double slope = normal_distribution(value) + value * normal_density(value);
    store_element(dtype, dx, i, (float)(load_element(dtype, dy, i) * slope));
  }
}

static double logistic(double x) { return 1 / (1 + exp(-x)); }

void reference_sigmoid(amp_dtype dtype, const void *x, void *y, size_t count) {
  for (size_t i = 0; i < count; i++)
    store_element(dtype, y, i, (float)logistic(load_element(dtype, x, i)));
}

void reference_sigmoid_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float output = load_element(dtype, y, i);
    store_element(dtype, dx, i, load_element(dtype, dy, i) * (1 - output) * output);
  }
}

void reference_tanh(amp_dtype dtype, const void *x, void *y, size_t count) {
  for (size_t i = 0; i < count; i++)
    store_element(dtype, y, i, (float)tanh(load_element(dtype, x, i)));
}

void reference_tanh_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float output = load_element(dtype, y, i);
    store_element(dtype, dx, i, load_element(dtype, dy, i) * fmaf(-output, output, 1));
  }
}

void reference_silu(amp_dtype dtype, const void *x, void *y, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double value = load_element(dtype, x, i);
    store_element(dtype, y, i, (float)(value * logistic(value)));
  }
}

void reference_silu_backward(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double value = load_element(dtype, x, i), share = logistic(value);
    store_element(dtype, dx, i, (float)(load_element(dtype, dy, i) * (share * (1 + value * (1 - share)))));
  }
}
