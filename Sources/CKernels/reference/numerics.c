/* The specification of the counts. Only bits are looked at. */
#include "reference.h"

/* The bits of the magnitude, in fp32. */
static uint32_t magnitude_of(amp_dtype dtype, const void *x, size_t index) {
  return float_bits(load_element(dtype, x, index)) & 0x7fffffffu;
}

void reference_tensor_count(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result) {
  *result = (amp_tensor_counters){.looked_at = count};
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    const uint32_t magnitude = magnitude_of(dtype, x, i);
    if (magnitude > 0x7f800000u)
      result->nans++;
    else if (magnitude == 0x7f800000u)
      result->infinities++;
    else if (magnitude == 0)
      result->zeros++;
    else if (magnitude > largest)
      largest = magnitude;
  }
  result->largest = float_from_bits(largest);
}

void reference_exponent_histogram(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result,
                                  uint64_t bins[AMP_EXPONENT_BINS]) {
  reference_tensor_count(dtype, x, count, result);
  for (size_t i = 0; i < count; i++) {
    const uint32_t magnitude = magnitude_of(dtype, x, i);
    if (magnitude > 0 && magnitude < 0x7f800000u)
      bins[exponent_bin(magnitude)]++;
  }
}
