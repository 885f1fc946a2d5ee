/* The vector vocabulary of the kernel bodies, on AVX2, FMA and F16C: 8 fp32 lanes. vector_avx512.h says what each
 * function means. */
#ifndef CKERNELS_VECTOR_H
#define CKERNELS_VECTOR_H

#include <immintrin.h>

#include "../formats.h"

#define INLINE static inline __attribute__((always_inline))

typedef __m256 vfloat;
typedef __m256i vint;
typedef __m256 vmask; /* all bits of a lane, or none */
typedef struct {
  __m256d low, high;
} vdouble;
typedef struct {
  vfloat fraction, exponent;
} vbinary;

/* Tiles keep several vectors per row in registers, and there are 16 registers. */
enum { lanes = 8, vectors_per_tile = 2 };

INLINE vfloat zeros(void) { return _mm256_setzero_ps(); }
INLINE vfloat broadcast(float value) { return _mm256_set1_ps(value); }

/* ---- memory ---- */

INLINE vmask first_lanes(size_t n) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane));
}

INLINE vfloat load_f32(const float *p, size_t n) {
  return n == lanes ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, _mm256_castps_si256(first_lanes(n)));
}
INLINE void store_f32(float *p, size_t n, vfloat v) {
  if (n == lanes)
    _mm256_storeu_ps(p, v);
  else
    _mm256_maskstore_ps(p, _mm256_castps_si256(first_lanes(n)), v);
}
/* Element by element: processors of this set gather no faster, some much slower. */
INLINE vfloat load_strided(const float *p, size_t stride, size_t n) {
  if (n == lanes)
    return _mm256_setr_ps(p[0], p[stride], p[2 * stride], p[3 * stride], p[4 * stride], p[5 * stride], p[6 * stride],
                          p[7 * stride]);
  float block[lanes] = {0};
  for (size_t i = 0; i < n; i++)
    block[i] = p[i * stride];
  return _mm256_loadu_ps(block);
}
INLINE void store_strided(float *p, size_t stride, size_t n, vfloat v) {
  float block[lanes];
  _mm256_storeu_ps(block, v);
  for (size_t i = 0; i < n; i++)
    p[i * stride] = block[i];
}
INLINE __m128i load_16_bits(const uint16_t *p, size_t n) {
  if (n == lanes)
    return _mm_loadu_si128((const __m128i *)p);
  uint16_t block[lanes] = {0};
  for (size_t i = 0; i < n; i++)
    block[i] = p[i];
  return _mm_loadu_si128((const __m128i *)block);
}
INLINE void store_16_bits(uint16_t *p, size_t n, __m128i v) {
  if (n == lanes) {
    _mm_storeu_si128((__m128i *)p, v);
    return;
  }
  uint16_t block[lanes];
  _mm_storeu_si128((__m128i *)block, v);
  for (size_t i = 0; i < n; i++)
    p[i] = block[i];
}

/* ---- conversions ---- */

INLINE vfloat from_bf16(__m128i v) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(v), 16)); }
INLINE __m128i to_bf16(vfloat v) {
  const vint bits = _mm256_castps_si256(v), high = _mm256_srli_epi32(bits, 16);
  const vint odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
  const vint rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
  const vint quieted = _mm256_or_si256(high, _mm256_set1_epi32(0x40));
  const vint nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  const vint result = _mm256_blendv_epi8(rounded, quieted, nan);
  return _mm_packus_epi32(_mm256_castsi256_si128(result), _mm256_extracti128_si256(result, 1));
}
INLINE vfloat rounded_to_bf16(vfloat v) {
  const vint bits = _mm256_castps_si256(v), odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const vint sum = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const vint quieted = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const vint kept = _mm256_blendv_epi8(sum, quieted, _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q)));
  return _mm256_castsi256_ps(_mm256_and_si256(kept, _mm256_set1_epi32((int)0xffff0000)));
}
/* One after the other: there is little to gain here. */
INLINE void load_pair_bf16(const uint16_t *p, vfloat *pair) {
  pair[0] = from_bf16(load_16_bits(p, lanes)), pair[1] = from_bf16(load_16_bits(p + lanes, lanes));
}
INLINE void store_pair_bf16(uint16_t *p, const vfloat *pair) {
  store_16_bits(p, lanes, to_bf16(pair[0])), store_16_bits(p + lanes, lanes, to_bf16(pair[1]));
}
INLINE void load_f32_as_pair_of_bf16(const float *p, vfloat *pair) {
  pair[0] = load_f32(p, lanes), pair[1] = load_f32(p + lanes, lanes);
}
INLINE __m128i to_bf16_stochastic(vfloat v, vint random) {
  const vint bits = _mm256_castps_si256(v), high = _mm256_srli_epi32(bits, 16);
  const vint rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_srli_epi32(random, 16)), 16);
  const vfloat size = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
  const vint finite = _mm256_castps_si256(_mm256_cmp_ps(size, _mm256_set1_ps(__builtin_inff()), _CMP_LT_OQ));
  const vint nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  const vint quieted = _mm256_or_si256(high, _mm256_and_si256(nan, _mm256_set1_epi32(0x40)));
  const vint result = _mm256_blendv_epi8(quieted, rounded, finite);
  return _mm_packus_epi32(_mm256_castsi256_si128(result), _mm256_extracti128_si256(result, 1));
}
INLINE vfloat from_f16(__m128i v) { return _mm256_cvtph_ps(v); }
INLINE __m128i to_f16(vfloat v) { return _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT); }
INLINE vfloat quiet(vfloat v) {
  const vfloat quiet_bit = _mm256_castsi256_ps(_mm256_set1_epi32(0x00400000));
  return _mm256_or_ps(v, _mm256_and_ps(_mm256_cmp_ps(v, v, _CMP_UNORD_Q), quiet_bit));
}

/* ---- arithmetic ---- */

INLINE vfloat multiply_add(vfloat a, vfloat b, vfloat c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vfloat multiply_subtract(vfloat a, vfloat b, vfloat c) { return _mm256_fmsub_ps(a, b, c); }
INLINE vfloat square_root(vfloat v) { return _mm256_sqrt_ps(v); }
INLINE vfloat larger(vfloat a, vfloat b) { return _mm256_max_ps(a, b); }
INLINE vfloat smaller(vfloat a, vfloat b) { return _mm256_min_ps(a, b); }
INLINE vfloat magnitude(vfloat v) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v); }
INLINE vfloat with_sign_of(vfloat v, vfloat sign) {
  const vfloat sign_bit = _mm256_set1_ps(-0.0f);
  return _mm256_or_ps(_mm256_andnot_ps(sign_bit, v), _mm256_and_ps(sign_bit, sign));
}
INLINE vfloat round_to_integer(vfloat v) { return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE vfloat power_of_2(vint exponent) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(127)), 23));
}
/* Two factors, because 2^-149 and 2^128 are out of range for one. The first product is exact, the second rounds. */
INLINE vfloat scale_by_power_of_2(vfloat v, vfloat exponent) {
  const vint whole = _mm256_cvtps_epi32(exponent), half = _mm256_srai_epi32(whole, 1);
  return v * power_of_2(half) * power_of_2(_mm256_sub_epi32(whole, half));
}

INLINE vbinary split(vfloat v) {
  /* Subnormals are made normal first. */
  const vfloat small = _mm256_cmp_ps(v, _mm256_set1_ps(0x1p-126f), _CMP_LT_OQ);
  const vint bits = _mm256_castps_si256(_mm256_blendv_ps(v, v * _mm256_set1_ps(0x1p32f), small));
  const vint fraction = _mm256_or_si256(_mm256_and_si256(bits, _mm256_set1_epi32(0x007fffff)),
                                        _mm256_set1_epi32(0x3f800000));
  const vfloat exponent = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
  return (vbinary){_mm256_castsi256_ps(fraction), exponent - _mm256_and_ps(small, _mm256_set1_ps(32.0f))};
}

/* ---- masks ---- */

INLINE vmask is_less(vfloat a, vfloat b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
INLINE vmask is_equal(vfloat a, vfloat b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
INLINE vmask is_nan(vfloat v) { return _mm256_cmp_ps(v, v, _CMP_UNORD_Q); }
INLINE vmask both(vmask a, vmask b) { return _mm256_and_ps(a, b); }
INLINE vmask either(vmask a, vmask b) { return _mm256_or_ps(a, b); }
INLINE vmask first_but_not_second(vmask a, vmask b) { return _mm256_andnot_ps(b, a); }
INLINE unsigned lane_bits(vmask m) { return (unsigned)_mm256_movemask_ps(m); }
INLINE vfloat choose(vmask m, vfloat if_true, vfloat if_false) { return _mm256_blendv_ps(if_false, if_true, m); }
INLINE vfloat or_zero(vmask m, vfloat v) { return _mm256_and_ps(m, v); }
INLINE __m128i or_zero_16_bits(vmask m, __m128i v) {
  const vint bits = _mm256_castps_si256(m);
  return _mm_and_si128(_mm_packs_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1)), v);
}
INLINE vint count_up(vint counters, vmask m) { return _mm256_sub_epi32(counters, _mm256_castps_si256(m)); }

/* ---- across lanes, in a fixed order ---- */

INLINE float sum_of_lanes(vfloat v) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
INLINE float largest_lane(vfloat v) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
#define COMBINE_LANES(combine, v, result)                                                                              \
  do {                                                                                                                 \
    static const int reversed[lanes] = {0, 4, 2, 6, 1, 5, 3, 7};                                                       \
    vfloat step[lanes / 2];                                                                                            \
    for (int i = 0; i < 4; i++) {                                                                                      \
      const vfloat a = (v)[reversed[i]], b = (v)[reversed[i + 4]];                                                     \
      step[i] = combine(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));                                           \
    }                                                                                                                  \
    for (int i = 0; i < 2; i++) {                                                                                      \
      const __m256d a = _mm256_castps_pd(step[i]), b = _mm256_castps_pd(step[i + 2]);                                  \
      step[i] = combine(_mm256_castpd_ps(_mm256_unpacklo_pd(a, b)), _mm256_castpd_ps(_mm256_unpackhi_pd(a, b)));       \
    }                                                                                                                  \
    (result) = combine(_mm256_permute2f128_ps(step[0], step[1], 0x20), _mm256_permute2f128_ps(step[0], step[1], 0x31));\
  } while (0)
INLINE vfloat sums_of_lanes(const vfloat v[lanes]) {
  vfloat result;
  COMBINE_LANES(_mm256_add_ps, v, result);
  return result;
}
INLINE vfloat largest_lanes(const vfloat v[lanes]) {
  vfloat result;
  COMBINE_LANES(_mm256_max_ps, v, result);
  return result;
}
INLINE uint64_t sum_of_counters(vint counters) {
  uint32_t each[lanes];
  _mm256_storeu_si256((__m256i *)each, counters);
  uint64_t sum = 0;
  for (int lane = 0; lane < lanes; lane++)
    sum += each[lane];
  return sum;
}

/* ---- sums in fp64 ---- */

INLINE vdouble no_sum(void) { return (vdouble){_mm256_setzero_pd(), _mm256_setzero_pd()}; }
INLINE vdouble add_values(vdouble sum, vfloat v) {
  const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(v)), high = _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
  return (vdouble){_mm256_add_pd(sum.low, low), _mm256_add_pd(sum.high, high)};
}
INLINE vdouble add_squares(vdouble sum, vfloat v) {
  const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(v)), high = _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
  return (vdouble){_mm256_fmadd_pd(low, low, sum.low), _mm256_fmadd_pd(high, high, sum.high)};
}
INLINE double total_of(vdouble sum) {
  const __m256d four = _mm256_add_pd(sum.low, sum.high);
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

/* ---- integers of 64 bits, for the random generator ---- */

INLINE vint no_counters(void) { return _mm256_setzero_si256(); }
INLINE vint broadcast_64(uint64_t value) { return _mm256_set1_epi64x((long long)value); }
INLINE vint add_64(vint a, vint b) { return _mm256_add_epi64(a, b); }
INLINE vint multiply_low_halves(vint a, vint b) { return _mm256_mul_epu32(a, b); }
INLINE vint high_halves(vint v) { return _mm256_srli_epi64(v, 32); }
INLINE vint exclusive_or(vint a, vint b, vint c) { return _mm256_xor_si256(_mm256_xor_si256(a, b), c); }
INLINE vint join_low_halves(vint a, vint b) { return _mm256_blend_epi32(a, _mm256_slli_epi64(b, 32), 0xaa); }
INLINE vint interleaved_order(void) { return _mm256_setr_epi64x(0, 2, 1, 3); }
INLINE vint interleave_first(vint a, vint b) { return _mm256_unpacklo_epi64(a, b); }
INLINE vint interleave_second(vint a, vint b) { return _mm256_unpackhi_epi64(a, b); }
INLINE vmask is_at_least(vint a, uint32_t b) {
  const vint limit = _mm256_set1_epi32((int)b);
  return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(a, limit), a));
}

/* ---- integers of 32 bits, for positions and magnitudes ---- */

INLINE vint broadcast_32(uint32_t value) { return _mm256_set1_epi32((int)value); }
INLINE vint choose_32(vmask m, vint if_true, vint if_false) {
  return _mm256_blendv_epi8(if_false, if_true, _mm256_castps_si256(m));
}
INLINE vmask is_equal_32(vint a, vint b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)); }
INLINE vint magnitude_bits(vfloat v) {
  return _mm256_and_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0x7fffffff));
}
INLINE vmask is_less_32(vint a, vint b) { return _mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a)); }
INLINE vint larger_32(vint a, vint b) { return _mm256_max_epi32(a, b); }
INLINE vint or_zero_32(vmask m, vint v) { return _mm256_and_si256(_mm256_castps_si256(m), v); }
INLINE uint32_t largest_lane_32(vint v) {
  const __m128i four = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  const __m128i two = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return (uint32_t)_mm_cvtsi128_si32(_mm_max_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}
INLINE vint load_integers(size_t size, const void *base, size_t index, size_t n) {
  if (size == 4)
    return _mm256_castps_si256(load_f32((const float *)base + index, n));
  uint8_t block[lanes] = {0};
  memcpy(block, (const uint8_t *)base + index, n);
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)block));
}
INLINE void store_integers(size_t size, void *base, size_t index, size_t n, vint v) {
  if (size == 4) {
    store_f32((float *)base + index, n, _mm256_castsi256_ps(v));
    return;
  }
  const __m128i halves = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  uint8_t block[lanes];
  _mm_storel_epi64((__m128i *)block, _mm_packus_epi16(halves, halves));
  memcpy((uint8_t *)base + index, block, n);
}

#endif
