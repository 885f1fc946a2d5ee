/* What kinds of numbers a tensor holds, on the bits of their magnitudes in fp32. */

enum { infinity_bits = 0x7f800000, smallest_normal_bits = 0x00800000 };

typedef struct {
  vint zeros, infinities, nans;
} magnitude_counts;

INLINE magnitude_counts no_magnitudes(void) {
  return (magnitude_counts){no_counters(), no_counters(), no_counters()};
}

/* Counts the first n lanes, and returns which are finite. The others hold zeros, which are not counted. */
INLINE vmask count_magnitudes(magnitude_counts *counts, vint magnitudes, size_t n) {
  const vint infinity = broadcast_32(infinity_bits);
  const vmask finite = is_less_32(magnitudes, infinity), special = first_but_not_second(first_lanes(n), finite);
  counts->zeros = count_up(counts->zeros, both(first_lanes(n), is_equal_32(magnitudes, broadcast_32(0))));
  /* Rare: telling infinity from NaN in every vector would cost a fifth of the speed in the cache. */
  if (__builtin_expect(lane_bits(special) != 0, 0)) {
    const vmask infinite = is_equal_32(magnitudes, infinity);
    counts->infinities = count_up(counts->infinities, infinite);
    counts->nans = count_up(counts->nans, first_but_not_second(special, infinite));
  }
  return finite;
}

INLINE amp_tensor_counters counters_of(const magnitude_counts *counts, vint largest, size_t looked_at) {
  return (amp_tensor_counters){
      .looked_at = looked_at,
      .zeros = sum_of_counters(counts->zeros),
      .infinities = sum_of_counters(counts->infinities),
      .nans = sum_of_counters(counts->nans),
      .largest = float_from_bits(largest_lane_32(largest)),
  };
}

INLINE void tensor_count_of(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result) {
  magnitude_counts counts = no_magnitudes();
  vint largest = no_counters();
  FOR_VECTORS(i, n, count, {
    const vint magnitudes = magnitude_bits(load(dtype, x, i, n));
    largest = larger_32(largest, or_zero_32(count_magnitudes(&counts, magnitudes, n), magnitudes));
  });
  *result = counters_of(&counts, largest, count);
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
  vint largest = no_counters();
  FOR_VECTORS(i, n, count, {
    const vint magnitudes = magnitude_bits(load(dtype, x, i, n));
    largest = larger_32(largest, or_zero_32(count_magnitudes(&counts, magnitudes, n), magnitudes));
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
  *result = counters_of(&counts, largest, count);
}
static void exponent_histogram(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result,
                               uint64_t bins[AMP_EXPONENT_BINS]) {
  FOR_DTYPE(dtype, format, exponent_histogram_of(format, x, count, result, bins));
}
