/* Normalisation. */
#ifndef AMP_NORMALIZATION_H
#define AMP_NORMALIZATION_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Batch normalisation over rows = N*H*W (Ioffe & Szegedy 2015; torch.nn.BatchNorm2d). All per-channel arrays are fp32
   of length channels; x, y, dy, dx: (rows, channels) of dtype. */
size_t amp_batch_norm_scratch(int threads, size_t rows, size_t channels);

/* Training: batch mean and rstd = 1 / sqrt(biased variance + eps) are saved; running_* receive
   (1 - momentum) * old + momentum * batch (variance unbiased) in new_running_*, the old ones stay as they are: the
   caller commits them. relu: y = max(bn, 0) fused (exact: rounding commutes with max). The variance is computed without
   cancellation: blocks in two passes, combined by Chan's formula. One row has no unbiased variance: NaN. y may equal
   x. */
void amp_batch_norm_train(int threads, amp_dtype dtype, const void *x, const float *weight, const float *bias,
                          const float *running_mean, const float *running_variance, float momentum, float eps,
                          bool relu, void *y, float *saved_mean, float *saved_rstd, float *new_running_mean,
                          float *new_running_variance, size_t rows, size_t channels, void *scratch);

/* Inference with running statistics. y may equal x. */
void amp_batch_norm_infer(int threads, amp_dtype dtype, const void *x, const float *weight, const float *bias,
                          const float *running_mean, const float *running_variance, float eps, bool relu, void *y,
                          size_t rows, size_t channels);

/* Gradients. bias is that of forward where relu was fused, else NULL: dy then counts only where amp_batch_norm_train
   wrote y > 0, which is found from x, the same bits, so that nobody has to keep y. What rounds to 0 in the format does
   not pass, NaN neither.
   dweight = sum dy*(x-mean)*rstd, dbias = sum dy, dx = weight*rstd*(dy - dbias/rows - xhat*dweight/rows).
   dx may equal dy. */
void amp_batch_norm_backward(int threads, amp_dtype dtype, const void *dy, const void *x, const float *weight,
                             const float *bias, const float *saved_mean, const float *saved_rstd, void *dx,
                             float *dweight, float *dbias, size_t rows, size_t channels, void *scratch);

/* Layer normalisation over the last extent (Ba, Kiros & Hinton 2016; torch.nn.LayerNorm): x, y (rows, columns) of
   dtype; weight, bias (columns); mean and rstd = 1 / sqrt(biased variance + eps) (rows) are saved. The variance is
   computed without cancellation: around the mean, in a second pass. y may equal x. A row is the same bits for every
   `threads`. */
void amp_layer_norm(int threads, amp_dtype dtype, const void *x, const float *weight, const float *bias, float eps,
                    void *y, float *mean, float *rstd, size_t rows, size_t columns);

/* Bytes of scratch for amp_layer_norm_backward. */
size_t amp_layer_norm_scratch(int threads, size_t rows, size_t columns);
/* Gradients, with xhat = (x - mean) * rstd and g = dy * weight:
   dx = rstd * (g - mean over the row of g - xhat * mean over the row of g * xhat);
   dweight = sum over the rows of dy * xhat, dbias = sum over the rows of dy. dx may equal dy. */
void amp_layer_norm_backward(int threads, amp_dtype dtype, const void *dy, const void *x, const float *weight,
                             const float *mean, const float *rstd, void *dx, float *dweight, float *dbias, size_t rows,
                             size_t columns, void *scratch);

#ifdef __cplusplus
}
#endif
#endif
