/* Sums over rows and over whole gradients. */
#ifndef AMP_REDUCTIONS_H
#define AMP_REDUCTIONS_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of scratch for amp_column_sum. */
size_t amp_column_sum_scratch(int threads, size_t rows, size_t columns);
/* out[j] = sum over i of x[i, j]; x: (rows, columns) of dtype, summed in fp32, stored in out_dtype. */
void amp_column_sum(int threads, amp_dtype dtype, const void *x, amp_dtype out_dtype, void *out, size_t rows,
                    size_t columns, void *scratch);

/* What one pass over the gradients finds, of the unscaled values g * inverse_scale (rounded to fp32). */
typedef struct {
  double sum_of_squares; /* of the finite elements, in fp64 */
  float largest;         /* largest magnitude of the finite elements */
  uint64_t non_finite;   /* infinities + nans */
  /* Elements before the multiplication, by their bits: a subnormal number is no zero. */
  uint64_t zeros, infinities, nans;
} amp_gradient_statistics;

/* One pass over count elements of one gradient; the result is written, not accumulated. */
void amp_gradient_scan(int threads, amp_dtype dtype, const void *gradient, size_t count, float inverse_scale,
                       amp_gradient_statistics *result);

#ifdef __cplusplus
}
#endif
#endif
