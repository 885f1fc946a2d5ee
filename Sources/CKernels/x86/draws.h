/* The Philox generator (philox.h), `lanes / 2` counters at a time. */

/* The draws of 2 * lanes consecutive elements. */
typedef struct {
  vint first, second;
} draws;

/* Each 64-bit lane works on one counter, its four words in the low halves of four vectors. What multiplications leave
 * in the high halves is ignored by the next multiplication and dropped at the end. */
INLINE draws draw(vint block, uint64_t seed, uint64_t attempt, uint32_t stream) {
  vint word0 = block, word1 = broadcast_64((uint32_t)attempt), word2 = broadcast_64(attempt >> 32);
  vint word3 = broadcast_64(stream);
  const vint multiplier0 = broadcast_64(PHILOX_MULTIPLIER_0), multiplier1 = broadcast_64(PHILOX_MULTIPLIER_1);
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
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
