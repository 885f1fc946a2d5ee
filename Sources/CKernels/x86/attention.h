/* One row of attention scores. */

/* Stores v rounded to one format in memory of the same or of a wider one. */
INLINE void store_rounded(amp_dtype rounding, amp_dtype stored, void *base, size_t index, size_t n, vfloat v) {
  if (stored == rounding || rounding == AMP_F32)
    store(stored, base, index, n, v);
  else
    store(stored, base, index, n, rounding == AMP_F16 ? from_f16(to_f16(v)) : from_bf16(to_bf16(v)));
}

INLINE void store_zeros(amp_dtype stored, void *base, size_t first, size_t last) {
  memset(mutable_element(stored, base, first), 0, (last - first) * element_size(stored));
}

INLINE float attention_softmax_of(amp_dtype rounding, amp_dtype stored, float *scores, float scale, void *p,
                                  size_t visible, size_t keys) {
  const vfloat factor = broadcast(scale), nothing = broadcast(-__builtin_inff());
  vfloat maximum = nothing;
  /* A NaN is the first operand and is passed over; the sum below is NaN for it. */
  FOR_VECTORS(i, n, visible, {
    const vfloat score = load_f32(scores + i, n) * factor;
    maximum = larger(n == lanes ? score : choose(first_lanes(n), score, nothing), maximum);
  });
  const float largest = largest_lane(maximum);
  const vfloat shift = broadcast(largest);
  vsums sums = no_sums();
  FOR_STRANDS(i, n, strand, visible, {
    const vfloat power = exponential(load_f32(scores + i, n) * factor - shift);
    store_f32(scores + i, n, power);
    sums.of[strand] = sums.of[strand] + or_zero(first_lanes(n), power);
  });
  const float sum = total_of_strands(&sums);
  const vfloat share = broadcast(1.0f / sum);
  FOR_VECTORS(i, n, visible, { store_rounded(rounding, stored, p, i, n, load_f32(scores + i, n) * share); });
  store_zeros(stored, p, visible, keys);
  return (float)(log((double)sum) + (double)largest);
}
static float attention_softmax(float *scores, const attention_plan *plan, void *p, size_t visible, size_t keys) {
  FOR_DTYPE(plan->rounding, rounding,
            FOR_DTYPE(plan->stored, stored,
                      return attention_softmax_of(rounding, stored, scores, plan->scale, p, visible, keys)));
  __builtin_unreachable();
}

INLINE void attention_softmax_backward_of(amp_dtype rounding, amp_dtype stored, const float *scores, float logsumexp,
                                          const float *dp, float delta, float scale, void *p, void *ds, size_t visible,
                                          size_t keys) {
  const vfloat factor = broadcast(scale), shift = broadcast(logsumexp), offset = broadcast(delta);
  FOR_VECTORS(i, n, visible, {
    const vfloat probability = exponential(load_f32(scores + i, n) * factor - shift);
    const vfloat gradient = factor * probability * (load_f32(dp + i, n) - offset);
    store_rounded(rounding, stored, p, i, n, probability);
    store_rounded(rounding, stored, ds, i, n, gradient);
  });
  store_zeros(stored, p, visible, keys);
  store_zeros(stored, ds, visible, keys);
}
static void attention_softmax_backward(const float *scores, float logsumexp, const float *dp, float delta,
                                       const attention_plan *plan, void *p, void *ds, size_t visible, size_t keys) {
  FOR_DTYPE(plan->rounding, rounding,
            FOR_DTYPE(plan->stored, stored,
                      attention_softmax_backward_of(rounding, stored, scores, logsumexp, dp, delta, plan->scale, p, ds,
                                                    visible, keys)));
}

INLINE float dot_product_of(amp_dtype dtype, const void *x, const void *y, size_t count) {
  vsums sum = no_sums();
  FOR_STRANDS(i, n, strand, count, {
    sum.of[strand] = multiply_add(load(dtype, x, i, n), load(dtype, y, i, n), sum.of[strand]);
  });
  return total_of_strands(&sum);
}
static float dot_product(amp_dtype dtype, const void *x, const void *y, size_t count) {
  FOR_DTYPE(dtype, format, return dot_product_of(format, x, y, count));
  __builtin_unreachable();
}
