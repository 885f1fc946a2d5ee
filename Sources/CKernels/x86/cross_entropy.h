/* Rows of logits. Where classes are few a lane is a row, and a vector holds one class of as many rows as it has lanes;
 * where they are many, lanes are classes of one row. Either way a row's result does not depend on the rows around it.
 */

/* Up to here rows in lanes were measured to be faster: one logarithm serves many rows, and no lane is idle. */
enum { few_classes = 64 };

/* Logits of n rows, a vector a class; the largest of each row. A NaN is passed over. */
INLINE vfloat load_classes(const float *logits, size_t classes, size_t n, vfloat *x) {
  vfloat maximum = broadcast(-__builtin_inff());
  for (size_t class = 0; class < classes; class++) {
    x[class] = load_strided(logits + class, classes, n);
    maximum = larger(x[class], maximum);
  }
  return maximum;
}

/* Labels of n rows: -1 where there is no such class, and in lanes without a row. */
INLINE vint load_labels(const int64_t *labels, size_t classes, size_t n) {
  int32_t valid[lanes];
  for (size_t i = 0; i < lanes; i++)
    valid[i] = i < n && (uint64_t)labels[i] < classes ? (int32_t)labels[i] : -1;
  return load_integers(sizeof *valid, valid, 0, lanes);
}

/* logsumexp(row) - row[label] in fp32: both terms are at least 0, so nothing cancels. */
INLINE double losses_of_few(const float *logits, const int64_t *labels, size_t rows, size_t classes, float *losses,
                            double sum) {
  vfloat x[few_classes];
  float block[lanes];
  FOR_VECTORS(row, n, rows, {
    const vfloat maximum = load_classes(logits + row * classes, classes, n, x);
    const vint label = load_labels(labels + row, classes, n);
    /* Stays NaN where there is no such class. */
    vfloat total = zeros(), of_label = broadcast(__builtin_nanf(""));
    for (size_t class = 0; class < classes; class++) {
      total = total + exponential(x[class] - maximum);
      of_label = choose(is_equal_32(label, broadcast_32((uint32_t)class)), x[class], of_label);
    }
    const vfloat loss = logarithm(total) + (maximum - of_label);
    if (losses != NULL)
      store_f32(losses + row, n, loss);
    store_f32(block, lanes, loss);
    for (size_t i = 0; i < n; i++)
      sum += (double)block[i];
  });
  return sum;
}

INLINE float exponential_sum(const float *row, size_t classes, float *largest) {
  const vfloat nothing = broadcast(-__builtin_inff());
  vfloat maximum = nothing;
  /* A NaN logit is the first operand and is passed over. */
  FOR_VECTORS(i, n, classes, {
    maximum =
        larger(n == lanes ? load_f32(row + i, n) : choose(first_lanes(n), load_f32(row + i, n), nothing), maximum);
  });
  *largest = largest_lane(maximum);
  const vfloat shift = broadcast(*largest);
  vfloat sum = zeros();
  FOR_VECTORS(i, n, classes, { sum = sum + or_zero(first_lanes(n), exponential(load_f32(row + i, n) - shift)); });
  return sum_of_lanes(sum);
}

/* logsumexp(row) - row[label] in fp64, from the fp32 sum. */
INLINE double losses_of_many(const float *logits, const int64_t *labels, size_t rows, size_t classes, float *losses,
                             double sum) {
  for (size_t row = 0; row < rows; row++) {
    const float *x = logits + row * classes;
    const bool is_valid = (uint64_t)labels[row] < classes;
    float largest;
    const double total = is_valid ? exponential_sum(x, classes, &largest) : 0;
    const float loss = is_valid ? (float)(log(total) + ((double)largest - (double)x[labels[row]])) : NAN;
    if (losses != NULL)
      losses[row] = loss;
    sum += (double)loss;
  }
  return sum;
}
static double cross_entropy(const float *logits, const int64_t *labels, size_t rows, size_t classes, float *losses,
                            double sum) {
  return classes <= few_classes ? losses_of_few(logits, labels, rows, classes, losses, sum)
                                              : losses_of_many(logits, labels, rows, classes, losses, sum);
}

INLINE void gradients_of_few(const float *logits, const int64_t *labels, float factor, float *dlogits, size_t rows,
                             size_t classes) {
  vfloat x[few_classes];
  const vfloat weight = broadcast(factor);
  FOR_VECTORS(row, n, rows, {
    const vfloat maximum = load_classes(logits + row * classes, classes, n, x);
    const vint label = load_labels(labels + row, classes, n);
    vfloat total = zeros();
    for (size_t class = 0; class < classes; class++) {
      x[class] = exponential(x[class] - maximum);
      total = total + x[class];
    }
    const vmask is_invalid = is_less_32(label, broadcast_32(0));
    const vfloat share = choose(is_invalid, broadcast(__builtin_nanf("")), weight / total);
    for (size_t class = 0; class < classes; class++) {
      const vfloat of_label = or_zero(is_equal_32(label, broadcast_32((uint32_t)class)), weight);
      store_strided(dlogits + row * classes + class, classes, n, x[class] * share - of_label);
    }
  });
}
INLINE void gradients_of_many(const float *logits, const int64_t *labels, float factor, float *dlogits, size_t rows,
                              size_t classes) {
  for (size_t row = 0; row < rows; row++) {
    const float *x = logits + row * classes;
    float *gradient = dlogits + row * classes;
    const bool is_valid = (uint64_t)labels[row] < classes;
    float largest;
    const float total = exponential_sum(x, classes, &largest);
    const vfloat shift = broadcast(largest), share = broadcast(is_valid ? factor / total : NAN);
    FOR_VECTORS(i, n, classes, { store_f32(gradient + i, n, exponential(load_f32(x + i, n) - shift) * share); });
    if (is_valid)
      gradient[labels[row]] -= factor;
  }
}
static void cross_entropy_backward(const float *logits, const int64_t *labels, float factor, float *dlogits,
                                   size_t rows, size_t classes) {
  if (classes <= few_classes)
    gradients_of_few(logits, labels, factor, dlogits, rows, classes);
  else
    gradients_of_many(logits, labels, factor, dlogits, rows, classes);
}

INLINE void argmax_of_few(const float *logits, int64_t *predictions, size_t rows, size_t classes) {
  int32_t block[lanes];
  FOR_VECTORS(row, n, rows, {
    vfloat largest = broadcast(-__builtin_inff());
    vint best = broadcast_32(0);
    vmask has_nan = is_nan(zeros());
    for (size_t class = 0; class < classes; class++) {
      const vfloat x = load_strided(logits + row * classes + class, classes, n);
      const vmask is_larger = is_less(largest, x);
      largest = choose(is_larger, x, largest);
      best = choose_32(is_larger, broadcast_32((uint32_t)class), best);
      has_nan = either(has_nan, is_nan(x));
    }
    store_integers(sizeof *block, block, 0, lanes, choose_32(has_nan, broadcast_32((uint32_t)-1), best));
    for (size_t i = 0; i < n; i++)
      predictions[row + i] = block[i];
  });
}
INLINE int64_t argmax_of_row(const float *row, size_t classes) {
  const vfloat nothing = broadcast(-__builtin_inff());
  vfloat maximum = nothing;
  unsigned nan_lanes = 0;
  FOR_VECTORS(i, n, classes, {
    const vfloat value = load_f32(row + i, n);
    maximum = larger(n == lanes ? value : choose(first_lanes(n), value, nothing), maximum);
    nan_lanes |= lane_bits(is_nan(value));
  });
  if (nan_lanes != 0)
    return -1;
  const vfloat largest = broadcast(largest_lane(maximum));
  FOR_VECTORS(i, n, classes, {
    const unsigned found = lane_bits(both(first_lanes(n), is_equal(load_f32(row + i, n), largest)));
    if (found != 0)
      return (int64_t)(i + (size_t)__builtin_ctz(found));
  });
  return 0;
}
static void argmax(const float *logits, int64_t *predictions, size_t rows, size_t classes) {
  if (classes <= few_classes)
    argmax_of_few(logits, predictions, rows, classes);
  else
    for (size_t row = 0; row < rows; row++)
      predictions[row] = argmax_of_row(logits + row * classes, classes);
}
