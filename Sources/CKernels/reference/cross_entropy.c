/* The specification of the passes over one row of logits. */
#include "reference.h"

#include <math.h>

float reference_exponential_sum(const float *row, size_t classes, float *largest) {
  *largest = -INFINITY;
  for (size_t i = 0; i < classes; i++)
    if (row[i] > *largest)
      *largest = row[i];
  /* A NaN is skipped above but not here: it makes the sum NaN. So does an infinite maximum, as infinity - infinity. */
  double sum = 0;
  for (size_t i = 0; i < classes; i++)
    sum += exp((double)row[i] - (double)*largest);
  return (float)sum;
}

void reference_scaled_exponentials(const float *row, size_t classes, float largest, float scale, float *out) {
  for (size_t i = 0; i < classes; i++)
    out[i] = (float)(exp((double)row[i] - (double)largest) * (double)scale);
}

int64_t reference_argmax(const float *row, size_t classes) {
  int64_t best = 0;
  for (size_t i = 0; i < classes; i++) {
    if (isnan(row[i]))
      return -1;
    if (row[i] > row[best])
      best = (int64_t)i;
  }
  return best;
}
