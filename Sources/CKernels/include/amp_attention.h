/* The pieces of scaled dot-product attention between the matrix products (Vaswani et al. 2017). Scores are S = q k^T,
 * fp32 and not rounded; the products themselves are the caller's. */
#ifndef AMP_ATTENTION_H
#define AMP_ATTENTION_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the heads of a tensor lie: rows (samples * length, row_stride) of elements, head h of them in columns
   h * head_size ..< (h + 1) * head_size. A dense head has dense_length >= length rows. */
typedef struct {
  size_t heads, length, head_size, row_stride, dense_length;
} amp_heads;

/* dst (count, dense_length, head_size), dense = `count` heads of src, counted through all samples (sample * heads +
   head) from `first` on; converted to another format, rounded once. Rows beyond the length are zeros. */
void amp_gather_heads(int threads, amp_dtype from, const void *src, const amp_heads *layout, amp_dtype to, void *dst,
                      size_t first, size_t count);

/* The way back: `count` heads of dst from `first` on = the first rows of src (count, dense_length, head_size). */
void amp_scatter_heads(int threads, amp_dtype from, const void *src, amp_dtype to, void *dst, const amp_heads *layout,
                       size_t first, size_t count);

/* delta (count, length) = sum over a head's columns of d_o * o, in fp32, for `count` heads from `first` on; d_o and o
   of dtype lie as `layout` says. */
void amp_attention_delta(int threads, amp_dtype dtype, const void *d_o, const void *o, const amp_heads *layout,
                         float *delta, size_t first, size_t count);

/* Scores of some heads, which may be those of several samples, and what becomes of them.
   A matrix has a row for every query in the forward pass and one for every key in the backward pass, because that is
   how the products that follow are fastest. Rows lie `stride` elements apart, so that each may begin at a cache line;
   beyond its elements a row is ignored where it is read and zeros where it is written. In the backward pass a matrix
   has `rows` >= keys rows, of which the same holds; in the forward pass `rows` means nothing.
   causal: a key beyond its query (key > query) is left out, and its p is zero whatever its score.
   Results are rounded to `rounding`, and stored in p_dtype: `rounding` itself, or AMP_F32, which then holds the rounded
   values. */
typedef struct {
  size_t heads, queries, keys, stride, rows;
  float scale;
  bool causal;
  amp_dtype rounding, p_dtype;
} amp_attention;

/* p (heads, queries, stride) = softmax over the keys of scale * scores, and logsumexp (heads, queries) of scale *
   scores. Computed in fp32; the powers are within 0.6 ulp of those of a difference to the largest score that is rounded
   once and multiplied once. A NaN or +infinity among the scores of a row makes its p and logsumexp NaN, and so do
   scores that are all -infinity. scores are lost: they serve as scratch, and p may be their memory where p_dtype is
   AMP_F32. A row is the same bits for every `threads`. */
void amp_attention_softmax(int threads, const amp_attention *attention, float *scores, void *p, float *logsumexp);

/* The gradient of the softmax (Dao et al. 2022, algorithm 4), with its result computed again. scores and dp
   (heads, rows, stride) of key and query, logsumexp and delta (heads, queries); p = exp(scale * scores - logsumexp);
   ds (heads, rows, stride) = scale * p * (dp - delta) from the p that is not rounded. logsumexp is that of the scores:
   p is at most 1. Where p_dtype is AMP_F32, p may be the memory of scores and ds that of dp. */
void amp_attention_softmax_backward(int threads, const amp_attention *attention, const float *scores,
                                    const float *logsumexp, const float *dp, const float *delta, void *p, void *ds);

#ifdef __cplusplus
}
#endif
#endif
