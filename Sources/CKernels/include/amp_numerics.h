/* What kinds of numbers a tensor holds. Decided on the bits: flush-to-zero changes nothing, and a subnormal number is
 * no zero. The same counts in every kernel set and for every `threads`. Results are written, not accumulated. */
#ifndef AMP_NUMERICS_H
#define AMP_NUMERICS_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint64_t looked_at;               /* elements that were read */
  uint64_t zeros, infinities, nans; /* among them; 0 and -0, both infinities */
  float largest;                    /* largest magnitude of the finite ones; 0 where there is none */
} amp_tensor_counters;

/* Looks at every element. O(count), one pass over memory. */
void amp_tensor_count(int threads, amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result);

/* Looks at a sample: `blocks` blocks of 64 consecutive elements, evenly spread, none twice, and all shifted by
   phase * 64 elements, around the end of the tensor. Successive phases look at other elements; any ceil(n / 64) of them
   in a row, n = ceil(count / blocks), have looked at every one. Every element where count <= 64 * blocks; none where
   blocks is 0.
   O(min(count, 64 * blocks)) on the calling thread. */
void amp_tensor_sample(amp_dtype dtype, const void *x, size_t count, size_t blocks, size_t phase,
                       amp_tensor_counters *result);

/* Exponents of fp32, subnormal numbers included: -149...127. */
#define AMP_EXPONENT_BINS 277

/* amp_tensor_count, and bins[e + 149] = number of finite elements other than zero with floor(log2 |x|) = e, subnormal
   numbers by their true exponent. O(count), one pass over memory, several times the time of amp_tensor_count. */
void amp_exponent_histogram(int threads, amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result,
                            uint64_t bins[AMP_EXPONENT_BINS]);

#ifdef __cplusplus
}
#endif
#endif
