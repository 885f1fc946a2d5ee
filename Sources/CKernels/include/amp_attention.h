/* The pieces of scaled dot-product attention between the matrix products (Vaswani et al. 2017). Scores are S = q k^T,
 * fp32 and not rounded; the products themselves are the caller's. */
#ifndef AMP_ATTENTION_H
#define AMP_ATTENTION_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the heads of a tensor lie: rows (samples * length, row_stride) of elements, head h of them in columns
   h * head_size ..< (h + 1) * head_size. */
typedef struct {
  size_t heads, length, head_size, row_stride;
} amp_heads;

/* dst (count, length, head_size), dense = `count` heads of src, counted through all samples (sample * heads + head)
   from `first` on; converted to another format, rounded once. */
void amp_gather_heads(int threads, amp_dtype from, const void *src, const amp_heads *layout, amp_dtype to, void *dst,
                      size_t first, size_t count);

/* The way back: `count` heads of dst from `first` on = src (count, length, head_size), dense. */
void amp_scatter_heads(int threads, amp_dtype from, const void *src, amp_dtype to, void *dst, const amp_heads *layout,
                       size_t first, size_t count);

/* p (heads, queries, keys) = softmax over the keys of scale * scores, and logsumexp (heads, queries) of scale * scores;
   heads may be those of several samples.
   causal: a key beyond its query (key > query) is left out, and its p is zero whatever its score. Computed in fp32,
   rounded to `rounding`, stored in p_dtype: `rounding` itself, or AMP_F32, which then holds the rounded values. The
   exponentials are within 1.1 ulp. A NaN or +infinity among the scores of a row makes its p and logsumexp NaN, and so
   do scores that are all -infinity. scores are lost: they serve as scratch, and p may be their memory where p_dtype is
   AMP_F32. A row is the same bits for every `threads`. */
void amp_attention_softmax(int threads, float *scores, float scale, bool causal, amp_dtype rounding,
                           amp_dtype p_dtype, void *p, float *logsumexp, size_t heads, size_t queries, size_t keys);

/* delta (heads, rows) = sum over a head's columns of d_o * o, in fp32; d_o, o: (rows, heads * head_size) of dtype, head
   h in columns h * head_size ..< (h + 1) * head_size. */
void amp_attention_delta(int threads, amp_dtype dtype, const void *d_o, const void *o, float *delta, size_t rows,
                         size_t heads, size_t head_size);

/* The gradient of the softmax (Dao et al. 2022, algorithm 4), with its result computed again. scores and dp
   (heads, queries, keys), logsumexp and delta (heads, queries); p = exp(scale * scores - logsumexp);
   ds (heads, queries, keys) = scale * p * (dp - delta) from the p that is not rounded. Both are rounded to `rounding`
   and stored in p_dtype, as amp_attention_softmax does; where causal leaves a key out both are zero.
   Where p_dtype is AMP_F32, p may be the memory of scores and ds that of dp. */
void amp_attention_softmax_backward(int threads, const float *scores, const float *logsumexp, const float *dp,
                                    const float *delta, float scale, bool causal, amp_dtype rounding,
                                    amp_dtype p_dtype, void *p, void *ds, size_t heads, size_t queries, size_t keys);

#ifdef __cplusplus
}
#endif
#endif
