/* Losses of single pairs. */

static double bce_with_logits(const float *logits, const float *targets, size_t count) {
  vdouble sum = no_sum();
  FOR_VECTORS(i, n, count, {
    const vfloat x = load_f32(logits + i, n), target = load_f32(targets + i, n);
    const vfloat softplus_of_minus = logarithm_of_one_plus(exponential(zeros() - magnitude(x)));
    sum = add_values(sum, or_zero(first_lanes(n), positive_part(x) - x * target + softplus_of_minus));
  });
  return total_of(sum);
}

static void bce_with_logits_backward(const float *logits, const float *targets, float factor, float *dlogits,
                                     size_t count) {
  const vfloat weight = broadcast(factor);
  FOR_VECTORS(i, n, count, {
    store_f32(dlogits + i, n, (logistic(load_f32(logits + i, n)) - load_f32(targets + i, n)) * weight);
  });
}

/* At least -100, as torch has it; NaN is the second operand, and stays. */
INLINE vfloat bounded(vfloat logarithm) { return larger(broadcast(-100.0f), logarithm); }

static double bce(const float *probabilities, const float *targets, size_t count) {
  vdouble sum = no_sum();
  FOR_VECTORS(i, n, count, {
    const vfloat p = load_f32(probabilities + i, n), target = load_f32(targets + i, n);
    const vfloat of_zero = (target - broadcast(1.0f)) * bounded(logarithm_of_one_plus(zeros() - p));
    sum = add_values(sum, or_zero(first_lanes(n), of_zero - target * bounded(logarithm(p))));
  });
  return total_of(sum);
}

static void bce_backward(const float *probabilities, const float *targets, float factor, float *dprobabilities,
                         size_t count) {
  const vfloat weight = broadcast(factor), one = broadcast(1.0f), least = broadcast(1e-12f);
  FOR_VECTORS(i, n, count, {
    const vfloat p = load_f32(probabilities + i, n), distance = p - load_f32(targets + i, n);
    store_f32(dprobabilities + i, n, distance / larger(least, (one - p) * p) * weight);
  });
}

static double mse(const float *predictions, const float *targets, size_t count) {
  vdouble sum = no_sum();
  FOR_VECTORS(i, n, count, { sum = add_squares(sum, load_f32(predictions + i, n) - load_f32(targets + i, n)); });
  return total_of(sum);
}

static void mse_backward(const float *predictions, const float *targets, float factor, float *dpredictions,
                         size_t count) {
  const vfloat weight = broadcast(factor);
  FOR_VECTORS(i, n, count, {
    store_f32(dpredictions + i, n, (load_f32(predictions + i, n) - load_f32(targets + i, n)) * weight);
  });
}
