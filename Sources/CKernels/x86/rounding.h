/* Stochastic rounding to 16 bits, with the draws of two vectors at a time. */

INLINE void round_to_bf16(const float *src, uint16_t *dst, size_t i, size_t n, vint random) {
  store_16_bits(dst + i, n, to_bf16_stochastic(load_f32(src + i, n), random));
}

static void round_all_to_bf16(const float *src, uint16_t *dst, size_t count, size_t first,
                              const random_stream *stream) {
  vint block = add_64(broadcast_64(first / 4), interleaved_order());
  const vint step = broadcast_64(lanes / 2);
  size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const draws random = draw(block, stream->seed, stream->attempt, stream->number);
    round_to_bf16(src, dst, i, lanes, random.first);
    round_to_bf16(src, dst, i + lanes, lanes, random.second);
    block = add_64(block, step);
  }
  if (i < count) {
    const draws random = draw(block, stream->seed, stream->attempt, stream->number);
    const size_t left = count - i;
    round_to_bf16(src, dst, i, left < lanes ? left : lanes, random.first);
    if (left > lanes)
      round_to_bf16(src, dst, i + lanes, left - lanes, random.second);
  }
}

/* fp16 has an exponent range of its own, whose subnormals need a shift per lane: one value at a time. */
static void round_all_to_f16(const float *src, uint16_t *dst, size_t count, size_t first, const random_stream *stream) {
  uint32_t words[4];
  for (size_t i = 0; i < count; i++) {
    if (i % 4 == 0)
      philox4x32(stream->seed,
                 (uint32_t[]){(uint32_t)((first + i) / 4), (uint32_t)stream->attempt,
                              (uint32_t)(stream->attempt >> 32), stream->number},
                 words);
    dst[i] = f16_from_float_stochastic(src[i], words[i % 4]);
  }
}

static void round_stochastically(amp_dtype to, const float *src, void *dst, size_t count, size_t first,
                                 const random_stream *stream) {
  if (to == AMP_BF16)
    round_all_to_bf16(src, dst, count, first, stream);
  else
    round_all_to_f16(src, dst, count, first, stream);
}
