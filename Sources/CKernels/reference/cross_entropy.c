/* The specification of the passes over rows of logits. */
#include "reference.h"

#include <math.h>

static bool is_class(int64_t label, size_t classes) { return label >= 0 && (uint64_t)label < classes; }

static double exponential_sum(const float *row, size_t classes, double *largest) {
  *largest = -INFINITY;
  for (size_t i = 0; i < classes; i++)
    if (row[i] > *largest)
      *largest = row[i];
  /* A NaN is skipped above but not here: it makes the sum NaN. So does an infinite maximum, as infinity - infinity. */
  double sum = 0;
  for (size_t i = 0; i < classes; i++)
    sum += exp((double)row[i] - *largest);
  return sum;
}

double reference_cross_entropy(const float *logits, const int64_t *labels, size_t rows, size_t classes, float *losses,
                               double sum) {
  for (size_t row = 0; row < rows; row++) {
    const float *x = logits + row * classes;
    float loss = NAN;
    if (is_class(labels[row], classes)) {
      double largest;
      const double total = exponential_sum(x, classes, &largest);
      loss = (float)(log(total) + (largest - (double)x[labels[row]]));
    }
    if (losses != NULL)
      losses[row] = loss;
    sum += (double)loss;
  }
  return sum;
}

void reference_cross_entropy_backward(const float *logits, const int64_t *labels, float factor, float *dlogits,
                                      size_t rows, size_t classes) {
  for (size_t row = 0; row < rows; row++) {
    const float *x = logits + row * classes;
    double largest;
    const double total = exponential_sum(x, classes, &largest);
    const bool is_valid = is_class(labels[row], classes);
    for (size_t i = 0; i < classes; i++) {
      const double probability = exp((double)x[i] - largest) / total;
      const bool is_label = is_valid && (uint64_t)labels[row] == i;
      dlogits[row * classes + i] = is_valid ? (float)((probability - (is_label ? 1 : 0)) * (double)factor) : NAN;
    }
  }
}

static int64_t argmax_of_row(const float *row, size_t classes) {
  int64_t best = 0;
  for (size_t i = 0; i < classes; i++) {
    if (isnan(row[i]))
      return -1;
    if (row[i] > row[best])
      best = (int64_t)i;
  }
  return best;
}

void reference_argmax(const float *logits, int64_t *predictions, size_t rows, size_t classes) {
  for (size_t row = 0; row < rows; row++)
    predictions[row] = argmax_of_row(logits + row * classes, classes);
}
