/* The three number formats, one value at a time. Exact for every bit pattern and independent of the floating-point
 * environment: flush-to-zero on a thread changes no conversion. */
#ifndef CKERNELS_FORMATS_H
#define CKERNELS_FORMATS_H

#include <string.h>

#include "CKernels.h"

static inline uint32_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Finite, tested on the bits: right under any compiler setting. */
static inline bool is_finite(float value) { return (float_bits(value) & 0x7f800000u) != 0x7f800000u; }

static inline float float_from_bf16(uint16_t value) { return float_from_bits((uint32_t)value << 16); }

static inline uint16_t bf16_from_float(float value) {
  const uint32_t bits = float_bits(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return (uint16_t)(bits >> 16 | 0x0040u);
  /* Adding half a unit, less one if the kept part is even, carries exactly when the value rounds up. */
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

static inline float float_from_f16(uint16_t value) {
  const uint32_t sign = (uint32_t)(value & 0x8000u) << 16, exponent = value >> 10 & 0x1fu, fraction = value & 0x3ffu;
  if (exponent == 0x1fu) /* infinity, or NaN made quiet */
    return float_from_bits(sign | 0x7f800000u | fraction << 13 | (fraction ? 0x00400000u : 0u));
  if (exponent > 0)
    return float_from_bits(sign | (exponent + 112u) << 23 | fraction << 13);
  /* Zero, or a subnormal: fraction * 2^-24, both factors and the product normal in fp32. */
  return float_from_bits(sign | float_bits((float)fraction * 0x1p-24f));
}

static inline uint16_t f16_from_float(float value) {
  const uint32_t bits = float_bits(value), magnitude = bits & 0x7fffffffu, sign = bits >> 16 & 0x8000u;
  if (magnitude > 0x7f800000u)
    return (uint16_t)(sign | 0x7e00u | (magnitude >> 13 & 0x1ffu));
  if (magnitude >= 0x477ff000u) /* 65520, half way to the next power of two, and everything beyond */
    return (uint16_t)(sign | 0x7c00u);
  if (magnitude >= 0x38800000u) /* 2^-14, the smallest normal */
    return (uint16_t)(sign | ((magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u)) >> 13));
  if (magnitude < 0x33000000u) /* below 2^-25, half the smallest subnormal */
    return (uint16_t)sign;
  /* A multiple of 2^-24: shift the significand there and round on what falls off. */
  const uint32_t significand = (magnitude & 0x007fffffu) | 0x00800000u, shift = 126u - (magnitude >> 23);
  const uint32_t kept = significand >> shift, half = 1u << (shift - 1), rest = significand & (2 * half - 1);
  return (uint16_t)(sign | (kept + (rest > half || (rest == half && (kept & 1u)))));
}

/* Rounded up or down with the probability of the distance, decided by a random word: as much of it as there are
   discarded bits is added below the kept ones, and carries into them that often. */
static inline uint16_t bf16_from_float_stochastic(float value, uint32_t draw) {
  const uint32_t bits = float_bits(value);
  return is_finite(value) ? (uint16_t)((bits + (draw >> 16)) >> 16) : bf16_from_float(value);
}

static inline uint16_t f16_from_float_stochastic(float value, uint32_t draw) {
  if (!is_finite(value))
    return f16_from_float(value);
  const uint32_t bits = float_bits(value), magnitude = bits & 0x7fffffffu, sign = bits >> 16 & 0x8000u;
  if (magnitude >= 0x38800000u) { /* 2^-14, the smallest normal */
    const uint32_t rounded = (magnitude - 0x38000000u + (draw >> 19)) >> 13;
    return (uint16_t)(sign | (rounded < 0x7c00u ? rounded : 0x7c00u));
  }
  /* In units of 2^-24, with 32 bits behind the point. */
  const uint32_t biased = magnitude >> 23, exponent = biased > 0 ? biased : 1, shift = 126u - exponent;
  const uint64_t significand = (magnitude & 0x007fffffu) | (biased > 0 ? 0x00800000u : 0u);
  const uint64_t fixed = shift <= 32 ? significand << (32 - shift) : shift < 64 ? significand >> (shift - 32) : 0;
  return (uint16_t)(sign | (uint32_t)((fixed + draw) >> 32));
}

/* The bin of amp_exponent_histogram of a number that is finite and not zero, from the bits of its magnitude in fp32. */
static inline uint32_t exponent_bin(uint32_t magnitude) {
  const uint32_t exponent = magnitude >> 23;
  return exponent > 0 ? exponent + 22u : 31u - (uint32_t)__builtin_clz(magnitude);
}

/* The largest number that is rounded to 0: half the smallest subnormal, which is a tie and goes to the even 0. */
static inline float largest_rounded_to_zero(amp_dtype dtype) {
  switch (dtype) {
  case AMP_F32: return 0;
  case AMP_F16: return 0x1p-25f;
  case AMP_BF16: return 0x1p-134f;
  }
  __builtin_unreachable();
}

/* Bytes of one element. */
static inline size_t element_size(amp_dtype dtype) { return dtype == AMP_F32 ? 4 : 2; }

/* Address of element `index`. */
static inline const void *element(amp_dtype dtype, const void *base, size_t index) {
  return (const char *)base + index * element_size(dtype);
}
static inline void *mutable_element(amp_dtype dtype, void *base, size_t index) {
  return (char *)base + index * element_size(dtype);
}

static inline float load_element(amp_dtype dtype, const void *base, size_t index) {
  switch (dtype) {
  case AMP_F32: return ((const float *)base)[index];
  case AMP_F16: return float_from_f16(((const uint16_t *)base)[index]);
  case AMP_BF16: return float_from_bf16(((const uint16_t *)base)[index]);
  }
  __builtin_unreachable();
}

static inline void store_element(amp_dtype dtype, void *base, size_t index, float value) {
  switch (dtype) {
  case AMP_F32: ((float *)base)[index] = value; break;
  case AMP_F16: ((uint16_t *)base)[index] = f16_from_float(value); break;
  case AMP_BF16: ((uint16_t *)base)[index] = bf16_from_float(value); break;
  }
}

#endif
