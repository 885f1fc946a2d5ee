/* One element at a time. */
#ifndef AMP_ELEMENTWISE_H
#define AMP_ELEMENTWISE_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = x + bias per column; x, y: (rows, columns) of dtype; bias: (columns) of bias_dtype or NULL. relu: y = max(y, 0)
   (NaN stays NaN) after the addition. The sum is rounded once. x may equal y where their formats are the same. x_dtype
   may be AMP_F32 while y is 16 bits (the epilogue of a product accumulated in fp32). */
void amp_bias_activation(int threads, amp_dtype x_dtype, const void *x, amp_dtype bias_dtype, const void *bias,
                         bool relu, amp_dtype y_dtype, void *y, size_t rows, size_t columns);

/* y = x < 0 ? 0 : x, so NaN and -0 stay. y may equal x. */
void amp_relu(int threads, amp_dtype dtype, const void *x, void *y, size_t count);
/* dx = y > 0 ? dy : 0, with y the output of relu (torch's threshold_backward). dx may equal dy. */
void amp_relu_backward(int threads, amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);

/* Exact GELU, x * Phi(x) with the error function (torch's default). Phi is within 2 ulp of one (2.4e-7), and within
   8 ulp of itself down to x = -12. NaN gives NaN; so does -infinity, as in torch. y may equal x. */
void amp_gelu(int threads, amp_dtype dtype, const void *x, void *y, size_t count);
/* dx = dy * (Phi(x) + x * phi(x)), the factor within 3 ulp of one. dx may equal dy. */
void amp_gelu_backward(int threads, amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count);

/* The logistic function, 1 / (1 + e^-x), within 3 ulp where that is normal. NaN gives NaN. y may equal x. */
void amp_sigmoid(int threads, amp_dtype dtype, const void *x, void *y, size_t count);
/* dx = dy * (1 - y) * y, with y the output of amp_sigmoid. The same bits in every kernel set. dx may equal dy. */
void amp_sigmoid_backward(int threads, amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);

/* The hyperbolic tangent, within 2.5 ulp. NaN gives NaN; -0 stays. y may equal x. */
void amp_tanh(int threads, amp_dtype dtype, const void *x, void *y, size_t count);
/* dx = dy * (1 - y * y), with y the output of amp_tanh. The same bits in every kernel set. dx may equal dy. */
void amp_tanh_backward(int threads, amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);

/* SiLU, x * logistic(x) (torch.nn.functional.silu). NaN gives NaN; so does -infinity, as in torch. y may equal x. */
void amp_silu(int threads, amp_dtype dtype, const void *x, void *y, size_t count);
/* dx = dy * s * (1 + x * (1 - s)), s = logistic(x). dx may equal dy. */
void amp_silu_backward(int threads, amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count);

/* z = x + y. z may equal x or y. */
void amp_add(int threads, amp_dtype dtype, const void *x, const void *y, void *z, size_t count);
/* z = x * y. z may equal x or y. */
void amp_multiply(int threads, amp_dtype dtype, const void *x, const void *y, void *z, size_t count);

/* z (rows, columns) = x (rows, columns) + y (columns), in every row the same y. z may equal x. */
void amp_add_broadcast(int threads, amp_dtype dtype, const void *x, const void *y, void *z, size_t rows,
                       size_t columns);

/* accumulator = first ? gradient : accumulator + gradient, in fp32: sums gradients of several batches. */
void amp_accumulate(int threads, amp_dtype dtype, const void *gradient, float *accumulator, size_t count, bool first);

/* Inverted dropout: y = keep(i) ? x / (1 - p) : 0, keep(i) drawn by Philox 4x32-10 with key `seed` and counter
   (i / 4, attempt, operation), lane i % 4: element i is kept iff its 32-bit draw, as an unsigned number, is at least
   p * 2^32.
   The counter's words, lowest first: i / 4, attempt (low, high), operation. 1 / (1 - p) is rounded to fp32 first.
   The backward pass is the same function on dy. y may equal x. 0 <= p < 1. */
void amp_dropout(int threads, amp_dtype dtype, const void *x, void *y, size_t count, float p, uint64_t seed,
                 uint64_t attempt, uint32_t operation);

/* The four 32-bit words of Philox 4x32-10 (Salmon et al. 2011) for a 64-bit key and a 128-bit counter. */
void amp_philox4x32(uint64_t key, const uint32_t counter[4], uint32_t out[4]);

#ifdef __cplusplus
}
#endif
#endif
