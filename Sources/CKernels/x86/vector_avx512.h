/* The vector vocabulary of the kernel bodies, on AVX-512 F, BW and VL: 16 fp32 lanes, predicate registers.
 *
 * Arithmetic on vfloat uses the compiler's operators (+ - * /), lane by lane, each rounding once. Functions that take
 * `n` touch the first n lanes in memory, 1 <= n <= lanes; the other lanes of a load are zero. With n a constant equal
 * to lanes they compile to one plain instruction. */
#ifndef CKERNELS_VECTOR_H
#define CKERNELS_VECTOR_H

#include <immintrin.h>

#include "../formats.h"

#define INLINE static inline __attribute__((always_inline))

typedef __m512 vfloat;
typedef __m512i vint;
typedef __mmask16 vmask;
typedef struct {
  __m512d low, high;
} vdouble;
typedef struct {
  vfloat fraction, exponent;
} vbinary;

enum { lanes = 16, vectors_per_tile = 4 };

INLINE vfloat zeros(void) { return _mm512_setzero_ps(); }
INLINE vfloat broadcast(float value) { return _mm512_set1_ps(value); }

/* ---- memory ---- */

INLINE vmask first_lanes(size_t n) { return n == lanes ? (vmask)0xffff : (vmask)((1u << n) - 1); }

INLINE vfloat load_f32(const float *p, size_t n) {
  return n == lanes ? _mm512_loadu_ps(p) : _mm512_maskz_loadu_ps(first_lanes(n), p);
}
INLINE void store_f32(float *p, size_t n, vfloat v) {
  if (n == lanes)
    _mm512_storeu_ps(p, v);
  else
    _mm512_mask_storeu_ps(p, first_lanes(n), v);
}
/* Lane l is p[l * stride]; 16 * stride elements are less than 2^31. */
INLINE vint strided_lanes(size_t stride) {
  const vint lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)stride));
}
INLINE vfloat load_strided(const float *p, size_t stride, size_t n) {
  return n == lanes ? _mm512_i32gather_ps(strided_lanes(stride), p, sizeof *p)
                    : _mm512_mask_i32gather_ps(zeros(), first_lanes(n), strided_lanes(stride), p, sizeof *p);
}
INLINE void store_strided(float *p, size_t stride, size_t n, vfloat v) {
  if (n == lanes)
    _mm512_i32scatter_ps(p, strided_lanes(stride), v, sizeof *p);
  else
    _mm512_mask_i32scatter_ps(p, first_lanes(n), strided_lanes(stride), v, sizeof *p);
}
INLINE __m256i load_16_bits(const uint16_t *p, size_t n) {
  return n == lanes ? _mm256_loadu_si256((const __m256i *)p) : _mm256_maskz_loadu_epi16(first_lanes(n), p);
}
INLINE void store_16_bits(uint16_t *p, size_t n, __m256i v) {
  if (n == lanes)
    _mm256_storeu_si256((__m256i *)p, v);
  else
    _mm256_mask_storeu_epi16(p, first_lanes(n), v);
}

/* ---- conversions ---- */

INLINE vfloat from_bf16(__m256i v) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16)); }
/* Rounds in integers rather than with vcvtneps2bf16, which takes subnormal inputs for zero. */
INLINE __m256i to_bf16(vfloat v) {
  const vint bits = _mm512_castps_si512(v), high = _mm512_srli_epi32(bits, 16);
  const vint odd = _mm512_and_si512(high, _mm512_set1_epi32(1));
  const vint rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
  const vmask nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  return _mm512_cvtepi32_epi16(_mm512_mask_or_epi32(rounded, nan, high, _mm512_set1_epi32(0x40)));
}
/* The bits of v, with the upper half rounded. Not for NaN, unless its lower half is zero: what comes from bf16 has no
   other. */
INLINE vint with_rounded_upper_half(vfloat v) {
  const vint bits = _mm512_castps_si512(v), sum = _mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff));
  const vmask odd = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x10000));
  return _mm512_mask_add_epi32(sum, odd, sum, _mm512_set1_epi32(1));
}
/* from_bf16(to_bf16(v)), without the way through 16 bits. */
INLINE vfloat rounded_to_bf16(vfloat v) {
  const vmask nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  const vint quieted = _mm512_or_si512(_mm512_castps_si512(v), _mm512_set1_epi32(0x400000));
  const vint kept = _mm512_mask_mov_epi32(with_rounded_upper_half(v), nan, quieted);
  return _mm512_castsi512_ps(_mm512_and_si512(kept, _mm512_set1_epi32((int)0xffff0000)));
}
/* Two vectors of neighbouring bf16 numbers: those at even places and those at odd ones, which is two instructions to
   read and four less to write. NaN to be stored must come from bf16 (above). */
INLINE void load_pair_bf16(const uint16_t *p, vfloat *pair) {
  const vint bits = _mm512_loadu_si512(p);
  pair[0] = _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
  pair[1] = _mm512_castsi512_ps(_mm512_and_si512(bits, _mm512_set1_epi32((int)0xffff0000)));
}
INLINE void store_pair_bf16(uint16_t *p, const vfloat *pair) {
  const vint low = _mm512_srli_epi32(with_rounded_upper_half(pair[0]), 16), high = with_rounded_upper_half(pair[1]);
  /* mask ? high : low, bit by bit */
  _mm512_storeu_si512(p, _mm512_ternarylogic_epi32(_mm512_set1_epi32((int)0xffff0000), high, low, 0xca));
}
/* fp32 numbers in the same order. */
INLINE void load_f32_as_pair_of_bf16(const float *p, vfloat *pair) {
  const vint even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const vfloat a = _mm512_loadu_ps(p), b = _mm512_loadu_ps(p + lanes);
  pair[0] = _mm512_permutex2var_ps(a, even, b);
  pair[1] = _mm512_permutex2var_ps(a, _mm512_add_epi32(even, _mm512_set1_epi32(1)), b);
}
/* Rounded up where the upper half of the random lane carries; NaN quiet, infinity as it is. */
INLINE __m256i to_bf16_stochastic(vfloat v, vint random) {
  const vint bits = _mm512_castps_si512(v), high = _mm512_srli_epi32(bits, 16);
  const vint rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_srli_epi32(random, 16)), 16);
  const vmask nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  const vmask finite = _mm512_cmp_ps_mask(_mm512_abs_ps(v), _mm512_set1_ps(__builtin_inff()), _CMP_LT_OQ);
  const vint kept = _mm512_mask_blend_epi32(finite, high, rounded);
  return _mm512_cvtepi32_epi16(_mm512_mask_or_epi32(kept, nan, high, _mm512_set1_epi32(0x40)));
}
INLINE vfloat from_f16(__m256i v) { return _mm512_cvtph_ps(v); }
INLINE __m256i to_f16(vfloat v) { return _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/* Sets the quiet bit of NaN lanes. */
INLINE vfloat quiet(vfloat v) {
  const vint bits = _mm512_castps_si512(v);
  const vmask nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  return _mm512_castsi512_ps(_mm512_mask_or_epi32(bits, nan, bits, _mm512_set1_epi32(0x00400000)));
}

/* ---- arithmetic ---- */

INLINE vfloat multiply_add(vfloat a, vfloat b, vfloat c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vfloat multiply_subtract(vfloat a, vfloat b, vfloat c) { return _mm512_fmsub_ps(a, b, c); }
INLINE vfloat square_root(vfloat v) { return _mm512_sqrt_ps(v); }
/* The larger (smaller) of two; the second where they are equal or one is NaN. */
INLINE vfloat larger(vfloat a, vfloat b) { return _mm512_max_ps(a, b); }
INLINE vfloat smaller(vfloat a, vfloat b) { return _mm512_min_ps(a, b); }
INLINE vfloat magnitude(vfloat v) { return _mm512_abs_ps(v); }
INLINE vfloat with_sign_of(vfloat v, vfloat sign) {
  const vint sign_bit = _mm512_set1_epi32((int)0x80000000);
  /* sign_bit ? sign : v, bit by bit */
  return _mm512_castsi512_ps(
      _mm512_ternarylogic_epi32(sign_bit, _mm512_castps_si512(sign), _mm512_castps_si512(v), 0xca));
}
INLINE vfloat round_to_integer(vfloat v) {
  return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* v * 2^exponent, the exponent a whole number. Rounds once, also into the subnormals. */
INLINE vfloat scale_by_power_of_2(vfloat v, vfloat exponent) { return _mm512_scalef_ps(v, exponent); }

/* v = fraction * 2^exponent with 1 <= fraction < 2, for v positive and finite, subnormals too. */
INLINE vbinary split(vfloat v) {
  return (vbinary){_mm512_getmant_ps(v, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero), _mm512_getexp_ps(v)};
}

/* ---- masks ---- */

/* False where either is NaN. */
INLINE vmask is_less(vfloat a, vfloat b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
INLINE vmask is_equal(vfloat a, vfloat b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
INLINE vmask is_nan(vfloat v) { return _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q); }
INLINE vmask both(vmask a, vmask b) { return a & b; }
INLINE vmask either(vmask a, vmask b) { return a | b; }
INLINE vmask first_but_not_second(vmask a, vmask b) { return a & (vmask)~b; }
INLINE unsigned lane_bits(vmask m) { return m; }
INLINE vfloat choose(vmask m, vfloat if_true, vfloat if_false) { return _mm512_mask_blend_ps(m, if_false, if_true); }
/* v where the mask is set, else zero. The empty statement keeps the compiler from turning a plain load of v into a
   masked one, which would wait for the mask: that costs a third of the speed from memory. */
INLINE vfloat or_zero(vmask m, vfloat v) {
  __asm__("" : "+v"(v));
  return _mm512_maskz_mov_ps(m, v);
}
/* The same for 16-bit payloads. */
INLINE __m256i or_zero_16_bits(vmask m, __m256i v) { return _mm256_maskz_mov_epi16(m, v); }
INLINE vint count_up(vint counters, vmask m) {
  return _mm512_mask_add_epi32(counters, m, counters, _mm512_set1_epi32(1));
}

/* ---- across lanes, in a fixed order ---- */

INLINE float sum_of_lanes(vfloat v) { return _mm512_reduce_add_ps(v); }
INLINE float largest_lane(vfloat v) { return _mm512_reduce_max_ps(v); }
/* Lane r of the result is `combine` over the lanes of v[r], in the order of a tree that is the same for every r: halves
   of the vectors are laid side by side, and the number of vectors halves with each step. Steps leave the results in the
   order of reversed bits, so that is how the vectors are taken. */
#define COMBINE_LANES(combine, v, result)                                                                              \
  do {                                                                                                                 \
    static const int reversed[lanes] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};                         \
    vfloat step[lanes / 2];                                                                                            \
    for (int i = 0; i < 8; i++) {                                                                                      \
      const vfloat a = (v)[reversed[i]], b = (v)[reversed[i + 8]];                                                     \
      step[i] = combine(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));                                           \
    }                                                                                                                  \
    for (int i = 0; i < 4; i++) {                                                                                      \
      const __m512d a = _mm512_castps_pd(step[i]), b = _mm512_castps_pd(step[i + 4]);                                  \
      step[i] = combine(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));       \
    }                                                                                                                  \
    for (int i = 0; i < 2; i++)                                                                                        \
      step[i] = combine(_mm512_shuffle_f32x4(step[i], step[i + 2], 0x88),                                              \
                        _mm512_shuffle_f32x4(step[i], step[i + 2], 0xdd));                                             \
    (result) = combine(_mm512_shuffle_f32x4(step[0], step[1], 0x88), _mm512_shuffle_f32x4(step[0], step[1], 0xdd));    \
  } while (0)
INLINE vfloat sums_of_lanes(const vfloat v[lanes]) {
  vfloat result;
  COMBINE_LANES(_mm512_add_ps, v, result);
  return result;
}
INLINE vfloat largest_lanes(const vfloat v[lanes]) {
  vfloat result;
  COMBINE_LANES(_mm512_max_ps, v, result);
  return result;
}
INLINE uint64_t sum_of_counters(vint counters) {
  const __m512i low = _mm512_cvtepu32_epi64(_mm512_castsi512_si256(counters));
  const __m512i high = _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(counters, 1));
  return (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(low, high));
}

/* ---- sums in fp64 ---- */

INLINE vdouble no_sum(void) { return (vdouble){_mm512_setzero_pd(), _mm512_setzero_pd()}; }
INLINE vdouble add_values(vdouble sum, vfloat v) {
  const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(v));
  const __m512d high = _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1)));
  return (vdouble){_mm512_add_pd(sum.low, low), _mm512_add_pd(sum.high, high)};
}
INLINE vdouble add_squares(vdouble sum, vfloat v) {
  const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(v));
  const __m512d high = _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1)));
  return (vdouble){_mm512_fmadd_pd(low, low, sum.low), _mm512_fmadd_pd(high, high, sum.high)};
}
INLINE double total_of(vdouble sum) { return _mm512_reduce_add_pd(_mm512_add_pd(sum.low, sum.high)); }

/* ---- integers of 64 bits, for the random generator ---- */

INLINE vint no_counters(void) { return _mm512_setzero_si512(); }
INLINE vint broadcast_64(uint64_t value) { return _mm512_set1_epi64((long long)value); }
INLINE vint add_64(vint a, vint b) { return _mm512_add_epi64(a, b); }
/* Product of the low halves. */
INLINE vint multiply_low_halves(vint a, vint b) { return _mm512_mul_epu32(a, b); }
INLINE vint high_halves(vint v) { return _mm512_srli_epi64(v, 32); }
INLINE vint exclusive_or(vint a, vint b, vint c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
/* low halves of a below the low halves of b */
INLINE vint join_low_halves(vint a, vint b) { return _mm512_mask_blend_epi32(0xaaaa, a, _mm512_slli_epi64(b, 32)); }
/* The order in which counters are laid over 64-bit lanes, so that interleaving a with b by the two functions below
   gives consecutive counters. */
INLINE vint interleaved_order(void) { return _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7); }
INLINE vint interleave_first(vint a, vint b) { return _mm512_unpacklo_epi64(a, b); }
INLINE vint interleave_second(vint a, vint b) { return _mm512_unpackhi_epi64(a, b); }
/* a >= b as unsigned 32-bit numbers */
INLINE vmask is_at_least(vint a, uint32_t b) { return _mm512_cmpge_epu32_mask(a, _mm512_set1_epi32((int)b)); }

/* ---- integers of 32 bits, for positions and magnitudes ---- */

INLINE vint broadcast_32(uint32_t value) { return _mm512_set1_epi32((int)value); }
INLINE vint choose_32(vmask m, vint if_true, vint if_false) { return _mm512_mask_blend_epi32(m, if_false, if_true); }
INLINE vmask is_equal_32(vint a, vint b) { return _mm512_cmpeq_epi32_mask(a, b); }
/* The bits of |v|, which order as whole numbers: finite below 0x7f800000, infinity at it, NaN above. */
INLINE vint magnitude_bits(vfloat v) {
  return _mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(0x7fffffff));
}
/* Signed. */
INLINE vmask is_less_32(vint a, vint b) { return _mm512_cmplt_epi32_mask(a, b); }
INLINE vint larger_32(vint a, vint b) { return _mm512_max_epi32(a, b); }
INLINE vint or_zero_32(vmask m, vint v) { return _mm512_maskz_mov_epi32(m, v); }
INLINE uint32_t largest_lane_32(vint v) { return (uint32_t)_mm512_reduce_max_epi32(v); }
/* In memory an element takes `size` bytes, 1 or 4. */
INLINE vint load_integers(size_t size, const void *base, size_t index, size_t n) {
  if (size == 1)
    return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first_lanes(n), (const uint8_t *)base + index));
  return _mm512_maskz_loadu_epi32(first_lanes(n), (const uint32_t *)base + index);
}
INLINE void store_integers(size_t size, void *base, size_t index, size_t n, vint v) {
  if (size == 1)
    _mm_mask_storeu_epi8((uint8_t *)base + index, first_lanes(n), _mm512_cvtepi32_epi8(v));
  else
    _mm512_mask_storeu_epi32((uint32_t *)base + index, first_lanes(n), v);
}

#endif
