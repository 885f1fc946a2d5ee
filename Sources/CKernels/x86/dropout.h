/* Dropout with the Philox generator (philox.h), `lanes / 2` counters at a time. */

/* The draws of 2 * lanes consecutive elements. */
typedef struct {
  vint first, second;
} draws;

/* Each 64-bit lane works on one counter, its four words in the low halves of four vectors. What multiplications leave
 * in the high halves is ignored by the next multiplication and dropped at the end. */
INLINE draws draw(vint block, const dropout_plan *plan) {
  vint word0 = block, word1 = broadcast_64((uint32_t)plan->attempt), word2 = broadcast_64(plan->attempt >> 32);
  vint word3 = broadcast_64(plan->operation);
  const vint multiplier0 = broadcast_64(PHILOX_MULTIPLIER_0), multiplier1 = broadcast_64(PHILOX_MULTIPLIER_1);
  uint32_t key0 = (uint32_t)plan->seed, key1 = (uint32_t)(plan->seed >> 32);
  for (int round = 0; round < philox_rounds; round++) {
    const vint product0 = multiply_low_halves(multiplier0, word0), product1 = multiply_low_halves(multiplier1, word2);
    word0 = exclusive_or(high_halves(product1), word1, broadcast_64(key0));
    word1 = product1;
    word2 = exclusive_or(high_halves(product0), word3, broadcast_64(key1));
    word3 = product0;
    key0 += PHILOX_WEYL_0;
    key1 += PHILOX_WEYL_1;
  }
  const vint pair0 = join_low_halves(word0, word1), pair1 = join_low_halves(word2, word3);
  return (draws){interleave_first(pair0, pair1), interleave_second(pair0, pair1)};
}

INLINE void drop(amp_dtype dtype, const void *x, void *y, size_t i, size_t n, vint random, const dropout_plan *plan) {
  const vfloat kept = load(dtype, x, i, n) * broadcast(plan->scale);
  store(dtype, y, i, n, or_zero(is_at_least(random, plan->threshold), kept));
}

INLINE void dropout_of(amp_dtype dtype, const void *x, void *y, size_t count, size_t first, const dropout_plan *plan) {
  vint block = add_64(broadcast_64(first / 4), interleaved_order());
  const vint step = broadcast_64(lanes / 2);
  size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const draws random = draw(block, plan);
    drop(dtype, x, y, i, lanes, random.first, plan);
    drop(dtype, x, y, i + lanes, lanes, random.second, plan);
    block = add_64(block, step);
  }
  if (i < count) {
    const draws random = draw(block, plan);
    const size_t left = count - i;
    drop(dtype, x, y, i, left < lanes ? left : lanes, random.first, plan);
    if (left > lanes)
      drop(dtype, x, y, i + lanes, left - lanes, random.second, plan);
  }
}
static void dropout(amp_dtype dtype, const void *x, void *y, size_t count, size_t first, const dropout_plan *plan) {
  FOR_DTYPE(dtype, format, dropout_of(format, x, y, count, first, plan));
}
