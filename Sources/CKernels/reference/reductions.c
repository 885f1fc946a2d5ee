/* The specification of the reductions, and of pooling. */
#include "reference.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

void reference_column_sum(amp_dtype dtype, const void *x, size_t rows, size_t columns, float *total, float *block) {
  /* Blocks of rows keep the rounding error from growing with the number of rows. */
  enum { rows_per_block = 128 };
  for (size_t column = 0; column < columns; column++)
    total[column] = 0;
  for (size_t first = 0; first < rows; first += rows_per_block) {
    const size_t last = first + rows_per_block < rows ? first + rows_per_block : rows;
    for (size_t column = 0; column < columns; column++)
      block[column] = 0;
    for (size_t row = first; row < last; row++)
      for (size_t column = 0; column < columns; column++)
        block[column] += load_element(dtype, x, row * columns + column);
    for (size_t column = 0; column < columns; column++)
      total[column] += block[column];
  }
}

void reference_gradient_scan(amp_dtype dtype, const void *gradient, size_t count, float inverse_scale,
                             amp_gradient_statistics *result) {
  *result = (amp_gradient_statistics){0};
  for (size_t i = 0; i < count; i++) {
    const float value = load_element(dtype, gradient, i);
    const uint32_t magnitude = float_bits(value) & 0x7fffffffu;
    result->zeros += magnitude == 0;
    result->infinities += magnitude == 0x7f800000u;
    result->nans += magnitude > 0x7f800000u;
    if (magnitude >= 0x7f800000u)
      continue;
    const float unscaled = value * inverse_scale;
    result->sum_of_squares += (double)unscaled * (double)unscaled;
    if (fabsf(unscaled) > result->largest)
      result->largest = fabsf(unscaled);
  }
  result->non_finite = result->infinities + result->nans;
}

void reference_average_rows(amp_dtype dtype, const void *x, void *y, size_t rows, size_t channels) {
  for (size_t channel = 0; channel < channels; channel++) {
    float sum = 0;
    for (size_t row = 0; row < rows; row++)
      sum += load_element(dtype, x, row * channels + channel);
    store_element(dtype, y, channel, sum / (float)rows);
  }
}

void reference_spread_rows(amp_dtype dtype, const void *dy, void *dx, size_t rows, size_t channels) {
  for (size_t row = 0; row < rows; row++)
    for (size_t channel = 0; channel < channels; channel++)
      store_element(dtype, dx, row * channels + channel, load_element(dtype, dy, channel) / (float)rows);
}
