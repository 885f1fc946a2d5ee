/* The specification of the passes of batch normalisation. Statistics are summed in fp64 here: this is what the fast
 * kernels, which sum blocks in fp32, are measured against. */
#include "reference.h"

#include <math.h>

void reference_batch_norm_moments(amp_dtype dtype, const void *x, size_t rows, size_t channels, float *mean,
                                  float *squared_deviations) {
  for (size_t channel = 0; channel < channels; channel++) {
    double sum = 0, squares = 0;
    for (size_t row = 0; row < rows; row++)
      sum += load_element(dtype, x, row * channels + channel);
    const double average = sum / (double)rows;
    for (size_t row = 0; row < rows; row++) {
      const double deviation = load_element(dtype, x, row * channels + channel) - average;
      squares += deviation * deviation;
    }
    mean[channel] = (float)average;
    squared_deviations[channel] = (float)squares;
  }
}

/* Not yet rounded to the format: what backward asks again to know what relu let through. */
static float normalized(float x, float mean, float scale, float bias) { return fmaf(x - mean, scale, bias); }

void reference_batch_norm_apply(amp_dtype dtype, const void *x, const float *mean, const float *scale,
                                const float *bias, bool relu, void *y, size_t rows, size_t channels, size_t stride) {
  for (size_t row = 0; row < rows; row++)
    for (size_t channel = 0; channel < channels; channel++) {
      const size_t at = row * stride + channel;
      const float value = normalized(load_element(dtype, x, at), mean[channel], scale[channel], bias[channel]);
      store_element(dtype, y, at, relu && value < 0 ? 0 : value);
    }
}

/* Whether forward's result is above 0 once it is rounded; NaN is not. */
static bool passes(amp_dtype dtype, float x, const batch_norm_gradient_plan *plan, size_t channel) {
  if (plan->bias == NULL)
    return true;
  float y;
  store_element(dtype, &y, 0, normalized(x, plan->mean[channel], plan->scale[channel], plan->bias[channel]));
  return load_element(dtype, &y, 0) > 0;
}

void reference_batch_norm_gradient_sums(amp_dtype dtype, const void *dy, const void *x,
                                        const batch_norm_gradient_plan *plan, float *sum, float *sum_with_deviation,
                                        size_t rows, size_t channels) {
  for (size_t channel = 0; channel < channels; channel++) {
    double plain = 0, with_deviation = 0;
    for (size_t row = 0; row < rows; row++) {
      const size_t at = row * channels + channel;
      const float value = load_element(dtype, x, at);
      if (!passes(dtype, value, plan, channel))
        continue;
      const double gradient = load_element(dtype, dy, at);
      plain += gradient;
      with_deviation += gradient * (value - plan->mean[channel]);
    }
    sum[channel] = (float)plain;
    sum_with_deviation[channel] = (float)with_deviation;
  }
}

void reference_batch_norm_gradient_apply(amp_dtype dtype, const void *dy, const void *x,
                                         const batch_norm_gradient_plan *plan, void *dx, size_t rows, size_t channels) {
  for (size_t row = 0; row < rows; row++)
    for (size_t channel = 0; channel < channels; channel++) {
      const size_t at = row * channels + channel;
      const float value = load_element(dtype, x, at), deviation = value - plan->mean[channel];
      const float gradient = passes(dtype, value, plan, channel) ? load_element(dtype, dy, at) : 0;
      store_element(dtype, dx, at,
                    fmaf(plan->scale[channel], gradient, fmaf(plan->curve[channel], deviation, plan->offset[channel])));
    }
}
