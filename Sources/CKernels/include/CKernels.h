/*
 * CKernels: the engine's own compute kernels.
 *
 * Every kernel exists three times: a readable scalar reference (reference/, the specification), AVX2+FMA+F16C, and
 * AVX-512 F+BW+VL, the last two compiled from the same bodies (x86/). One table is chosen at start from what the
 * processor reports; amp_select_kernels() lets tests choose another. bf16 is rounded in integers everywhere: the
 * AVX512_BF16 instruction takes subnormals for zero.
 *
 * Conventions
 *  - Tensors are dense. Activations of rank 4 have the logical shape (N, C, H, W) and lie in memory as N, H, W, C.
 *  - 16-bit formats are stored as uint16_t payloads. Arithmetic is fp32; a result is rounded once, to nearest, ties to
 *    even, when it is stored. fp16 keeps subnormals; overflow gives infinity; NaN stays NaN (quiet,
 *    sign and leading payload bits kept by conversions).
 *  - `threads` is the size of the calling thread's OpenMP team. Work is cut statically by index, so a result depends on
 *    `threads` and the instruction set, never on timing. Reductions use fixed chunks and a fixed order. Conversions,
 *    relu, add, bias, dropout and the optimizers give the same bits in every kernel set and for every `threads`.
 *  - `threads` below 1 means 1. Small work runs on the calling thread alone.
 *  - Outputs may not overlap inputs unless a function says so.
 *  - Kernels allocate nothing and take no locks. Scratch is passed in; its size is asked for beforehand.
 */
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- formats and dispatch ---------------------------------------------------------------------------------- */

typedef enum { AMP_F32 = 0, AMP_F16 = 1, AMP_BF16 = 2 } amp_dtype;

typedef enum { AMP_ISA_REFERENCE = 0, AMP_ISA_AVX2 = 1, AMP_ISA_AVX512 = 2 } amp_isa;

typedef struct {
  bool avx2, fma, f16c, avx512f, avx512bw, avx512vl, avx512_bf16, avx512_fp16, amx_bf16;
} amp_cpu_features;

/* What the processor and the operating system offer. */
amp_cpu_features amp_detect_cpu(void);

/* Best kernel set this processor can run. */
amp_isa amp_best_isa(void);

/* Makes kernels called from this thread use that set from now on, on every member of its team; false, and no change, if
   the processor cannot run it. Without a call the best set is used. */
bool amp_select_kernels(amp_isa isa);

/* The set in use on this thread. */
amp_isa amp_selected_isa(void);

/* ---- threads ------------------------------------------------------------------------------------------------ */

/* Runs body(context, index, count) once for every index in 0..<count, count = max(threads, 1), on the calling thread's
   libgomp team (GOMP_parallel), the same team that oneDNN uses when called from this thread. Index i runs on member i;
   where the runtime grants a smaller team, as in a nested call, a member runs several. Returns when all are done. */
void amp_parallel(int threads, void (*body)(void *context, int index, int count), void *context);

/* Sets the team size that oneDNN will use on the calling thread (omp_set_num_threads). */
void amp_set_team_size(int threads);

/* Binds the calling thread's team to processors: cut into equal parts, one a member, where there are at least as many
   processors as threads; else every member may run on all of them.
   0, or an errno value: EINVAL where no processor is given or one does not exist, ENOTSUP outside Linux. */
int amp_bind_team(int threads, const int *processors, int count);

/* Sets the nice value of every thread of the team (per Linux thread). 0, or an errno value: EACCES or EPERM where that
   raises the priority without the right to, ENOTSUP outside Linux. */
int amp_nice_team(int threads, int nice_value);

/* Sets flush-to-zero and denormals-are-zero on every thread of the team, or clears them. */
void amp_flush_denormals(int threads, bool enable);

/* ---- conversions -------------------------------------------------------------------------------------------- */

/* dst[i] = src[i] in another format; count elements, rounded once. from == to copies the bits. Exact whatever
   amp_flush_denormals has set. */
void amp_cast(int threads, amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count);

/* (N, H, W, C) -> (N, C, H, W) in memory, and back, for elements of a format; spatial = H * W. */
void amp_channels_last_to_first(int threads, amp_dtype dtype, const void *src, void *dst, size_t n, size_t channels,
                                size_t spatial);
void amp_channels_first_to_last(int threads, amp_dtype dtype, const void *src, void *dst, size_t n, size_t channels,
                                size_t spatial);

/* ---- elementwise -------------------------------------------------------------------------------------------- */

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

/* z = x + y. z may equal x or y. */
void amp_add(int threads, amp_dtype dtype, const void *x, const void *y, void *z, size_t count);

/* Inverted dropout: y = keep(i) ? x / (1 - p) : 0, keep(i) drawn by Philox 4x32-10 with key `seed` and counter
   (i / 4, attempt, operation), lane i % 4: element i is kept iff its 32-bit draw, as an unsigned number, is at least
   p * 2^32.
   The counter's words, lowest first: i / 4, attempt (low, high), operation. 1 / (1 - p) is rounded to fp32 first.
   The backward pass is the same function on dy. y may equal x. 0 <= p < 1. */
void amp_dropout(int threads, amp_dtype dtype, const void *x, void *y, size_t count, float p, uint64_t seed,
                 uint64_t attempt, uint32_t operation);

/* The four 32-bit words of Philox 4x32-10 (Salmon et al. 2011) for a 64-bit key and a 128-bit counter. */
void amp_philox4x32(uint64_t key, const uint32_t counter[4], uint32_t out[4]);

/* ---- reductions --------------------------------------------------------------------------------------------- */

/* Bytes of scratch for amp_column_sum. */
size_t amp_column_sum_scratch(int threads, size_t rows, size_t columns);
/* out[j] = sum over i of x[i, j]; x: (rows, columns) of dtype, summed in fp32, stored in out_dtype. */
void amp_column_sum(int threads, amp_dtype dtype, const void *x, amp_dtype out_dtype, void *out, size_t rows,
                    size_t columns, void *scratch);

/* What one pass over the gradients finds, of the unscaled values g * inverse_scale (rounded to fp32). */
typedef struct {
  double sum_of_squares;   /* of the finite elements, in fp64 */
  float largest;           /* largest magnitude of the finite elements */
  uint64_t non_finite;     /* number of NaN and infinite elements, tested before the multiplication */
} amp_gradient_statistics;

/* One pass over count elements of one gradient; the result is written, not accumulated. */
void amp_gradient_scan(int threads, amp_dtype dtype, const void *gradient, size_t count, float inverse_scale,
                       amp_gradient_statistics *result);

/* ---- pooling, normalisation, loss --------------------------------------------------------------------------- */

/* Global average pooling: x (N, H*W, C) in memory -> y (N, C), both of dtype, mean over H*W in fp32. */
void amp_global_average_pool(int threads, amp_dtype dtype, const void *x, void *y, size_t n, size_t spatial,
                             size_t channels);
/* dx (N, H*W, C) = dy (N, C) / (H*W). */
void amp_global_average_pool_backward(int threads, amp_dtype dtype, const void *dy, void *dx, size_t n, size_t spatial,
                                      size_t channels);

/* Geometry of a 2-d pooling. Padding is at most half of the kernel, on either side. The result has
   OH = (h + 2 * padding_h - kernel_h) / stride_h + 1 rows, rounded down, and OW columns likewise. */
typedef struct {
  size_t n, h, w, channels, kernel_h, kernel_w, stride_h, stride_w, padding_h, padding_w;
} amp_pool_shape;

/* Bytes of one position: 1 (uint8_t) where a window has at most 255 elements, else 4 (int32_t). */
size_t amp_pool_position_size(const amp_pool_shape *shape);

/* Max pooling: x (N, H, W, C) in memory -> y (N, OH, OW, C), both of dtype, and where the maximum of each window
   stands in it: positions (N, OH, OW, C), row * kernel_w + column, padding counted. As torch.nn.functional.max_pool2d:
   the first among equals wins, a NaN over everything, the last among NaNs; padding never. The same bits in every
   kernel set and for every `threads`. */
void amp_max_pool(int threads, amp_dtype dtype, const void *x, void *y, void *positions, const amp_pool_shape *shape);
/* dx (N, H, W, C) = sum of dy (N, OH, OW, C) over the windows whose maximum stands there, in fp32 in the order of the
   windows; rounded once. The same bits in every kernel set and for every `threads`. */
void amp_max_pool_backward(int threads, amp_dtype dtype, const void *dy, const void *positions, void *dx,
                           const amp_pool_shape *shape);

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

/* Gradients. y is the forward output where relu was fused (dy counts only where y > 0), else NULL.
   dweight = sum dy*(x-mean)*rstd, dbias = sum dy, dx = weight*rstd*(dy - dbias/rows - xhat*dweight/rows).
   dx may equal dy. */
void amp_batch_norm_backward(int threads, amp_dtype dtype, const void *dy, const void *x, const void *y,
                             const float *weight, const float *saved_mean, const float *saved_rstd, void *dx,
                             float *dweight, float *dbias, size_t rows, size_t channels, void *scratch);

/* Softmax cross-entropy of fp32 logits (n, classes) with class labels: *loss = mean over n of
   logsumexp(logits) - logits[label], row losses summed in fp64 in index order. row_loss (n) may be NULL.
   The exponentials are within 1 ulp. A label outside 0..<classes gives NaN, also in the gradient of its row. */
void amp_cross_entropy(int threads, const float *logits, const int64_t *labels, float *loss, float *row_loss, size_t n,
                       size_t classes);
/* dlogits = (softmax(logits) - onehot(label)) * (seed / n); seed is the loss scale.
   dlogits may equal logits. */
void amp_cross_entropy_backward(int threads, const float *logits, const int64_t *labels, float seed, float *dlogits,
                                size_t n, size_t classes);
/* predictions[i] = index of the largest logit of row i, the first among equals; -1 if the row holds a NaN. */
void amp_argmax(int threads, const float *logits, int64_t *predictions, size_t n, size_t classes);

/* ---- optimizers --------------------------------------------------------------------------------------------- */

/* What an update wrote (or would have written). */
typedef struct {
  uint64_t non_finite;       /* new weights and states, each counted by itself, that are NaN or infinite */
  float largest_weight;      /* largest magnitude among the finite new weights */
  float largest_state[2];    /* the same of new momentum buffers (and 0), or of first and second moments */
} amp_update_statistics;

/* torch.optim.SGD with momentum (no dampening, no Nesterov): g = gradient * inverse_scale + weight_decay * w;
   buffer = first_step ? g : momentum * buffer + g; w -= lr * buffer.
   The first step does not read the buffer.
   low_precision_copy (may be NULL) receives the new weight in copy_dtype.
   dry_run: compute and judge, write nothing. */
typedef struct {
  float lr, momentum, weight_decay, inverse_scale;
  bool first_step, dry_run;
} amp_sgd_settings;
void amp_sgd_update(int threads, const amp_sgd_settings *settings, float *weight, amp_dtype gradient_dtype,
                    const void *gradient, float *momentum_buffer, amp_dtype copy_dtype, void *low_precision_copy,
                    size_t count, amp_update_statistics *result);

/* torch.optim.AdamW (Loshchilov & Hutter 2019), step counted from 1:
   w *= 1 - lr * weight_decay; m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g;
   w -= (lr / (1 - beta1^step)) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps). Bias corrections in fp64. */
typedef struct {
  float lr;
  double beta1, beta2; /* fp64, as torch keeps them: 1 - 0.999f would be off by 1.3e-5 */
  float eps, weight_decay, inverse_scale;
  int64_t step;
  bool dry_run;
} amp_adamw_settings;
void amp_adamw_update(int threads, const amp_adamw_settings *settings, float *weight, amp_dtype gradient_dtype,
                      const void *gradient, float *first_moment, float *second_moment, amp_dtype copy_dtype,
                      void *low_precision_copy, size_t count, amp_update_statistics *result);

#ifdef __cplusplus
}
#endif
#endif
