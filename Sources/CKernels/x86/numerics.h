/* What kinds of numbers a tensor holds, on the bits of their magnitudes in fp32. */

enum { infinity_bits = 0x7f800000, smallest_normal_bits = 0x00800000 };

typedef struct {
  vint zeros, infinities, finite, largest;
} magnitude_counts;

INLINE magnitude_counts no_magnitudes(void) {
  return (magnitude_counts){no_counters(), no_counters(), no_counters(), no_counters()};
}

INLINE void count_magnitudes(magnitude_counts *counts, vint magnitudes, size_t n) {
  const vmask looked_at = first_lanes(n), finite = both(looked_at, is_less_32(magnitudes, broadcast_32(infinity_bits)));
  counts->zeros = count_up(counts->zeros, both(looked_at, is_equal_32(magnitudes, broadcast_32(0))));
  counts->infinities =
      count_up(counts->infinities, both(looked_at, is_equal_32(magnitudes, broadcast_32(infinity_bits))));
  counts->finite = count_up(counts->finite, finite);
  counts->largest = larger_32(counts->largest, or_zero_32(finite, magnitudes));
}

INLINE amp_tensor_counters counters_of(const magnitude_counts *counts, size_t looked_at) {
  const uint64_t infinities = sum_of_counters(counts->infinities);
  return (amp_tensor_counters){
      .looked_at = looked_at,
      .zeros = sum_of_counters(counts->zeros),
      .infinities = infinities,
      .nans = looked_at - sum_of_counters(counts->finite) - infinities,
      .largest = float_from_bits(largest_lane_32(counts->largest)),
  };
}

INLINE void tensor_count_of(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result) {
  magnitude_counts counts = no_magnitudes();
  FOR_VECTORS(i, n, count, { count_magnitudes(&counts, magnitude_bits(load(dtype, x, i, n)), n); });
  *result = counters_of(&counts, count);
}
static void tensor_count(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result) {
  FOR_DTYPE(dtype, format, tensor_count_of(format, x, count, result));
}

/* Neighbours are often of one exponent, and an increment waits for the one before it of the same bin: each counts in a
 * table of its own. */
enum { tables = 4, exponents = 256 };

INLINE void exponent_histogram_of(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result,
                                  uint64_t bins[AMP_EXPONENT_BINS]) {
  uint64_t of_exponent[tables][exponents] = {{0}};
  magnitude_counts counts = no_magnitudes();
  FOR_VECTORS(i, n, count, {
    const vint magnitudes = magnitude_bits(load(dtype, x, i, n));
    count_magnitudes(&counts, magnitudes, n);
    uint32_t each[lanes];
    store_integers(sizeof each[0], each, 0, lanes, magnitudes);
    for (size_t lane = 0; lane < n; lane++)
      of_exponent[lane % tables][each[lane] >> 23]++;
    /* Subnormal numbers are rare: a vector without one pays for the question only. */
    if (lane_bits(first_but_not_second(is_less_32(magnitudes, broadcast_32(smallest_normal_bits)),
                                       is_equal_32(magnitudes, broadcast_32(0)))) != 0)
      for (size_t lane = 0; lane < n; lane++)
        if (each[lane] > 0 && each[lane] < smallest_normal_bits)
          bins[exponent_bin(each[lane])]++;
  });
  for (size_t exponent = 1; exponent < exponents - 1; exponent++)
    for (size_t table = 0; table < tables; table++)
      bins[exponent_bin((uint32_t)exponent << 23)] += of_exponent[table][exponent];
  *result = counters_of(&counts, count);
}
static void exponent_histogram(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result,
                               uint64_t bins[AMP_EXPONENT_BINS]) {
  FOR_DTYPE(dtype, format, exponent_histogram_of(format, x, count, result, bins));
}
