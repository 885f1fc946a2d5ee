/* One row of logits. */

static float exponential_sum(const float *row, size_t classes, float *largest) {
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

static void scaled_exponentials(const float *row, size_t classes, float largest, float scale, float *out) {
  const vfloat shift = broadcast(largest), factor = broadcast(scale);
  FOR_VECTORS(i, n, classes, { store_f32(out + i, n, exponential(load_f32(row + i, n) - shift) * factor); });
}

static int64_t argmax(const float *row, size_t classes) {
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
