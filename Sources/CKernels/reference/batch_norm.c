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

void reference_batch_norm_apply(amp_dtype dtype, const void *x, const float *mean, const float *scale,
                                const float *bias, bool relu, void *y, size_t rows, size_t channels, size_t stride) {
  for (size_t row = 0; row < rows; row++)
    for (size_t channel = 0; channel < channels; channel++) {
      const size_t at = row * stride + channel;
      const float value = fmaf(load_element(dtype, x, at) - mean[channel], scale[channel], bias[channel]);
      store_element(dtype, y, at, relu && value < 0 ? 0 : value);
    }
}

void reference_batch_norm_gradient_sums(amp_dtype dtype, const void *dy, const void *x, const void *y,
                                        const float *mean, float *sum, float *sum_with_deviation, size_t rows,
                                        size_t channels) {
  for (size_t channel = 0; channel < channels; channel++) {
    double plain = 0, with_deviation = 0;
    for (size_t row = 0; row < rows; row++) {
      const size_t at = row * channels + channel;
      if (y != NULL && !(load_element(dtype, y, at) > 0))
        continue;
      const double gradient = load_element(dtype, dy, at);
      plain += gradient;
      with_deviation += gradient * (load_element(dtype, x, at) - mean[channel]);
    }
    sum[channel] = (float)plain;
    sum_with_deviation[channel] = (float)with_deviation;
  }
}

void reference_batch_norm_gradient_apply(amp_dtype dtype, const void *dy, const void *x, const void *y,
                                         const batch_norm_gradient_plan *plan, void *dx, size_t rows, size_t channels) {
  for (size_t row = 0; row < rows; row++)
    for (size_t channel = 0; channel < channels; channel++) {
      const size_t at = row * channels + channel;
      const bool passes = y == NULL || load_element(dtype, y, at) > 0;
      const float gradient = passes ? load_element(dtype, dy, at) : 0;
      const float deviation = load_element(dtype, x, at) - plan->mean[channel];
      store_element(dtype, dx, at,
                    fmaf(plan->slope[channel], gradient, fmaf(plan->curve[channel], deviation, plan->offset[channel])));
    }
}
