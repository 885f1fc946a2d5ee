/* The specification of layer normalisation. Sums are fp64 here: this is what the fast kernels, which sum in fp32, are
 * measured against. */
#include "reference.h"

#include <math.h>

void reference_layer_norm(amp_dtype dtype, const void *x, const float *weight, const float *bias, float eps, void *y,
                          float *mean, float *rstd, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++) {
    double sum = 0, squares = 0;
    for (size_t column = 0; column < columns; column++)
      sum += load_element(dtype, x, row * columns + column);
    const double average = sum / (double)columns;
    for (size_t column = 0; column < columns; column++) {
      const double deviation = load_element(dtype, x, row * columns + column) - average;
      squares += deviation * deviation;
    }
    mean[row] = (float)average;
    rstd[row] = (float)(1 / sqrt(squares / (double)columns + (double)eps));
    for (size_t column = 0; column < columns; column++) {
      const float normalized = (load_element(dtype, x, row * columns + column) - mean[row]) * rstd[row];
      store_element(dtype, y, row * columns + column, fmaf(normalized, weight[column], bias[column]));
    }
  }
}

void reference_layer_norm_backward(amp_dtype dtype, const void *dy, const void *x, const float *weight,
                                   const float *mean, const float *rstd, void *dx, float *dweight, float *dbias,
                                   float *block, size_t rows, size_t columns) {
  (void)block;
  for (size_t column = 0; column < columns; column++) {
    double with_deviation = 0, plain = 0;
    for (size_t row = 0; row < rows; row++) {
      const double gradient = load_element(dtype, dy, row * columns + column);
      plain += gradient;
      with_deviation += gradient * (load_element(dtype, x, row * columns + column) - mean[row]) * rstd[row];
    }
    dweight[column] = (float)with_deviation;
    dbias[column] = (float)plain;
  }
  for (size_t row = 0; row < rows; row++) {
    double sum = 0, sum_with_normalized = 0;
    for (size_t column = 0; column < columns; column++) {
      const double gradient = (double)load_element(dtype, dy, row * columns + column) * weight[column];
      sum += gradient;
      sum_with_normalized += gradient * (load_element(dtype, x, row * columns + column) - mean[row]) * rstd[row];
    }
    sum /= (double)columns;
    sum_with_normalized /= (double)columns;
    for (size_t column = 0; column < columns; column++) {
      const size_t at = row * columns + column;
      const double gradient = (double)load_element(dtype, dy, at) * weight[column];
      const double normalized = (double)(load_element(dtype, x, at) - mean[row]) * rstd[row];
      store_element(dtype, dx, at, (float)(rstd[row] * (gradient - sum - normalized * sum_with_normalized)));
    }
  }
}
