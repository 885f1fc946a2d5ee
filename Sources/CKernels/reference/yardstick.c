/* A training step in plain C: see amp_yardstick.h. */
#include "amp_yardstick.h"

#include <math.h>
#include <string.h>

/* Blocks of the shared extent and of columns that stay in the caches of any processor. */
enum { depth_block = 64, column_block = 256 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* c (m, n) = a b: element (i, k) of a lies at i * a_row + k * a_column, b is (depth, n), rows dense. */
static void product(size_t m, size_t n, size_t depth, const float *a, size_t a_row, size_t a_column, const float *b,
                    float *c) {
  memset(c, 0, m * n * sizeof *c);
  for (size_t k_block = 0; k_block < depth; k_block += depth_block)
    for (size_t j_block = 0; j_block < n; j_block += column_block) {
      const size_t k_end = smaller(k_block + depth_block, depth), width = smaller(column_block, n - j_block);
      for (size_t i = 0; i < m; i++) {
        float *restrict to = c + i * n + j_block;
        for (size_t k = k_block; k < k_end; k++) {
          const float factor = a[i * a_row + k * a_column];
          const float *restrict from = b + k * n + j_block;
          for (size_t j = 0; j < width; j++)
            to[j] += factor * from[j];
        }
      }
    }
}

/* to (columns, rows) = from (rows, columns) transposed. */
static void transpose(size_t rows, size_t columns, const float *from, float *to) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++)
      to[j * rows + i] = from[i * columns + j];
}

/* Turns logits into their gradients; returns the mean loss. */
static float cross_entropy(size_t rows, size_t classes, const int64_t *labels, float *logits) {
  double loss = 0;
  for (size_t row = 0; row < rows; row++) {
    float *values = logits + row * classes;
    float largest = values[0], sum = 0;
    for (size_t j = 1; j < classes; j++)
      largest = fmaxf(largest, values[j]);
    const float target = values[labels[row]] - largest;
    for (size_t j = 0; j < classes; j++)
      sum += values[j] = expf(values[j] - largest);
    loss += logf(sum) - target;
    for (size_t j = 0; j < classes; j++)
      values[j] = (values[j] / sum - (j == (size_t)labels[row])) / (float)rows;
  }
  return (float)(loss / (double)rows);
}

static void descend(size_t count, float rate, const float *gradient, float *weight) {
  for (size_t i = 0; i < count; i++)
    weight[i] -= rate * gradient[i];
}

size_t amp_yardstick_scratch(const amp_yardstick *s) {
  const size_t activations = s->batch * (2 * s->hidden + s->classes);
  return activations + 2 * s->hidden * s->inputs + 2 * s->classes * s->hidden;
}

float amp_yardstick_step(const amp_yardstick *s) {
  const size_t first = s->hidden * s->inputs, second = s->classes * s->hidden;
  float *hidden = s->scratch, *hidden_gradient = hidden + s->batch * s->hidden;
  float *logits = hidden_gradient + s->batch * s->hidden;
  float *first_transposed = logits + s->batch * s->classes, *first_gradient = first_transposed + first;
  float *second_transposed = first_gradient + first, *second_gradient = second_transposed + second;

  transpose(s->hidden, s->inputs, s->first, first_transposed);
  transpose(s->classes, s->hidden, s->second, second_transposed);
  product(s->batch, s->hidden, s->inputs, s->x, s->inputs, 1, first_transposed, hidden);
  for (size_t i = 0; i < s->batch * s->hidden; i++)
    hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
  product(s->batch, s->classes, s->hidden, hidden, s->hidden, 1, second_transposed, logits);
  const float loss = cross_entropy(s->batch, s->classes, s->labels, logits);

  product(s->classes, s->hidden, s->batch, logits, 1, s->classes, hidden, second_gradient);
  product(s->batch, s->hidden, s->classes, logits, s->classes, 1, s->second, hidden_gradient);
  for (size_t i = 0; i < s->batch * s->hidden; i++)
    hidden_gradient[i] = hidden[i] > 0 ? hidden_gradient[i] : 0;
  product(s->hidden, s->inputs, s->batch, hidden_gradient, 1, s->hidden, s->x, first_gradient);
  descend(first, s->learning_rate, first_gradient, s->first);
  descend(second, s->learning_rate, second_gradient, s->second);
  return loss;
}
