/*
 * One kernel set: what a single thread does to one chunk. The public functions cut the work, call these on every chunk,
 * and combine; they are written once for all sets.
 *
 * Shapes and formats are as in CKernels.h. `rows` counts the rows of the chunk, and pointers point at its first row or
 * element. A kernel may read and write only its chunk.
 */
#ifndef CKERNELS_KERNEL_SET_H
#define CKERNELS_KERNEL_SET_H

#include "CKernels.h"

/* Which draws of the generator belong to a dropout, and what they decide. */
typedef struct {
  uint64_t seed, attempt;
  uint32_t operation;
  uint32_t threshold; /* an element is kept iff its draw is at least this */
  float scale;        /* 1 / (1 - p) */
} dropout_plan;

/* Settings of one Adam or AdamW step, with the bias corrections worked out. */
typedef struct {
  float inverse_scale, clip_factor, clip_value;
  float decay;    /* of the weight: 1 - lr * weight_decay, or 1 */
  float l2_decay; /* added to the gradient: 0, or weight_decay */
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float step_size;         /* lr / (1 - beta1^step) */
  float second_correction; /* sqrt(1 - beta2^step) */
  float eps;
  bool dry_run;
} adam_plan;

/* Which draws of the generator belong to a stochastic rounding. */
typedef struct {
  uint64_t seed, attempt;
  uint32_t number;
} random_stream;

/* What an update in fp32 reads and writes; low_precision_copy may be NULL. */
typedef struct {
  float *weight;
  amp_dtype gradient_dtype;
  const void *gradient;
  float *state[2];
  amp_dtype copy_dtype;
  void *low_precision_copy;
  size_t count;
} update_tensors;

/* Per-channel constants of the gradient of batch normalisation: dx = scale * dy + (x - mean) * curve + offset.
 *
 * Where relu was fused, dy counts only where forward's y = (x - mean) * scale + bias is above 0 once it is rounded to
 * the format: y is computed again, the same bits, instead of being kept. bias is NULL where there is no relu. */
typedef struct {
  const float *mean, *scale, *bias, *curve, *offset;
} batch_norm_gradient_plan;

/* One dimension of a pooling: windows of `kernel` pixels, `stride` apart, the first from `padding` pixels before the
   picture. */
typedef struct {
  size_t inputs, outputs, kernel, stride, padding;
} pool_axis;

typedef struct {
  pool_axis height, width;
  size_t channels;
  size_t position_size; /* bytes: 1 (unsigned) or 4 */
} max_pool_plan;

/* One dimension of an enlargement. */
typedef struct {
  size_t inputs, scale;
  bool bilinear;
} upsample_axis;

typedef struct {
  upsample_axis height, width;
  size_t channels;
} upsample_plan;

/* How a softmax over scores reads and writes. `rounding` is the format of the values written, `stored` that of the
   memory. Where causal, a query attends to the keys up to its own number. Rows lie `stride` elements apart; what a row
   has beyond its elements is written as zeros. */
typedef struct {
  float scale;
  amp_dtype rounding, stored;
  bool causal;
  size_t queries, keys, stride;
} attention_plan;

/* What the gradient of a softmax reads: a head's scores and dp (keys, queries), logsumexp and delta (queries). */
typedef struct {
  const float *scores, *dp, *logsumexp, *delta;
} attention_gradient;

/* One sample of a step of an LSTM. Pointers to what is not there are NULL. */
typedef struct {
  const void *input_gates;
  const float *recurrent_sums;
  const void *recurrent_bias, *c_prev;
  void *gates, *c, *y;
} lstm_sample;

typedef struct {
  const void *dy, *dh_recurrent, *gates, *c_prev, *c;
  void *dc, *dgates;
  bool first; /* dc brings nothing */
} lstm_gradient_sample;

typedef struct {
  amp_isa isa;

  void (*cast)(amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count);
  void (*bias_activation)(amp_dtype x_dtype, const void *x, amp_dtype bias_dtype, const void *bias, bool relu,
                          amp_dtype y_dtype, void *y, size_t rows, size_t columns);
  void (*relu)(amp_dtype dtype, const void *x, void *y, size_t count);
  void (*relu_backward)(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);
  void (*gelu)(amp_dtype dtype, const void *x, void *y, size_t count);
  void (*gelu_backward)(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count);
  void (*sigmoid)(amp_dtype dtype, const void *x, void *y, size_t count);
  void (*sigmoid_backward)(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);
  void (*tanh)(amp_dtype dtype, const void *x, void *y, size_t count);
  void (*tanh_backward)(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);
  void (*silu)(amp_dtype dtype, const void *x, void *y, size_t count);
  void (*silu_backward)(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count);
  void (*add)(amp_dtype dtype, const void *x, const void *y, void *z, size_t count);
  void (*multiply)(amp_dtype dtype, const void *x, const void *y, void *z, size_t count);
  void (*accumulate)(amp_dtype dtype, const void *gradient, float *accumulator, size_t count, bool first);
  /* x and y point at element `first` of the tensor, a multiple of 4. */
  void (*dropout)(amp_dtype dtype, const void *x, void *y, size_t count, size_t first, const dropout_plan *plan);

  /* total[j] = sum of column j; block is scratch of the same length. */
  void (*column_sum)(amp_dtype dtype, const void *x, size_t rows, size_t columns, float *total, float *block);
  void (*gradient_scan)(amp_dtype dtype, const void *gradient, size_t count, float inverse_scale,
                        amp_gradient_statistics *result);

  void (*tensor_count)(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result);
  /* bins is added to. */
  void (*exponent_histogram)(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result,
                             uint64_t bins[AMP_EXPONENT_BINS]);

  /* y (channels) = mean over the rows of x (rows, channels). */
  void (*average_rows)(amp_dtype dtype, const void *x, void *y, size_t rows, size_t channels);
  /* dx (rows, channels) = dy (channels) / rows in every row. */
  void (*spread_rows)(amp_dtype dtype, const void *dy, void *dx, size_t rows, size_t channels);

  /* One row of windows: x is a sample (H, W, C), y and positions are row `row` of its (OH, OW, C). */
  void (*max_pool)(amp_dtype dtype, const void *x, void *y, void *positions, const max_pool_plan *plan, size_t row);
  /* One row of the gradient: dx is row `row` of a sample's (H, W, C), dy and positions are its (OH, OW, C). */
  void (*max_pool_backward)(amp_dtype dtype, const void *dy, const void *positions, void *dx, const max_pool_plan *plan,
                            size_t row);

  /* One row of the result: x is a sample (H, W, C), y is row `row` of its (H * scale, W * scale, C). */
  void (*upsample)(amp_dtype dtype, const void *x, void *y, const upsample_plan *plan, size_t row);
  /* One row of the gradient: dx is row `row` of a sample's (H, W, C), dy is its (H * scale, W * scale, C). */
  void (*upsample_backward)(amp_dtype dtype, const void *dy, void *dx, const upsample_plan *plan, size_t row);

  void (*layer_norm)(amp_dtype dtype, const void *x, const float *weight, const float *bias, float eps, void *y,
                     float *mean, float *rstd, size_t rows, size_t columns);
  /* dx, and the sums of dweight and dbias over the chunk; block is scratch of 2 * columns. */
  void (*layer_norm_backward)(amp_dtype dtype, const void *dy, const void *x, const float *weight, const float *mean,
                              const float *rstd, void *dx, float *dweight, float *dbias, float *block, size_t rows,
                              size_t columns);

  /* Mean and sum of squared deviations from it, per channel. rows > 0. */
  void (*batch_norm_moments)(amp_dtype dtype, const void *x, size_t rows, size_t channels, float *mean,
                             float *squared_deviations);
  /* y = (x - mean) * scale + bias, one rounding after the subtraction; rows lie `stride` elements apart. */
  void (*batch_norm_apply)(amp_dtype dtype, const void *x, const float *mean, const float *scale, const float *bias,
                           bool relu, void *y, size_t rows, size_t channels, size_t stride);
  /* Per channel, over the rows that relu let through: sum of dy, and of dy * (x - mean). Needs no curve, no offset. */
  void (*batch_norm_gradient_sums)(amp_dtype dtype, const void *dy, const void *x, const batch_norm_gradient_plan *plan,
                                   float *sum, float *sum_with_deviation, size_t rows, size_t channels);
  void (*batch_norm_gradient_apply)(amp_dtype dtype, const void *dy, const void *x,
                                    const batch_norm_gradient_plan *plan, void *dx, size_t rows, size_t channels);

  /* Row losses, rounded to fp32, and `sum` plus each of them in the order of the rows, in fp64. losses may be NULL. */
  double (*cross_entropy)(const float *logits, const int64_t *labels, size_t rows, size_t classes, float *losses,
                          double sum);
  /* dlogits = (softmax(logits) - onehot(label)) * factor. */
  void (*cross_entropy_backward)(const float *logits, const int64_t *labels, float factor, float *dlogits, size_t rows,
                                 size_t classes);
  void (*argmax)(const float *logits, int64_t *predictions, size_t rows, size_t classes);

  /* Sums of the losses of the chunk in fp64, and gradients times `factor`. */
  double (*bce_with_logits)(const float *logits, const float *targets, size_t count);
  void (*bce_with_logits_backward)(const float *logits, const float *targets, float factor, float *dlogits,
                                   size_t count);
  double (*bce)(const float *probabilities, const float *targets, size_t count);
  void (*bce_backward)(const float *probabilities, const float *targets, float factor, float *dprobabilities,
                       size_t count);
  double (*mse)(const float *predictions, const float *targets, size_t count);
  void (*mse_backward)(const float *predictions, const float *targets, float factor, float *dpredictions,
                       size_t count);

  /* Rows of scores, a query each, of which the first is row `first` of all; logsumexp (rows). */
  void (*attention_softmax)(float *scores, const attention_plan *plan, void *p, float *logsumexp, size_t first,
                            size_t rows);
  /* Rows first ..< first + rows of one head, a key each, zeros beyond the keys. Pointers are those of row 0. */
  void (*attention_softmax_backward)(const attention_gradient *operands, const attention_plan *plan, void *p, void *ds,
                                     size_t first, size_t rows);
  /* products[r] = sum of x[r] * y[r] over the columns; rows lie x_stride and y_stride elements apart. */
  void (*dot_products)(amp_dtype dtype, const void *x, size_t x_stride, const void *y, size_t y_stride, float *products,
                       size_t rows, size_t columns);

  void (*lstm_cell)(amp_dtype dtype, const lstm_sample *sample, size_t hidden);
  void (*lstm_cell_backward)(amp_dtype dtype, const lstm_gradient_sample *sample, size_t hidden);

  /* Rounds to fp16 or bf16, up or down at random (formats.h). dst and src point at element `first` of the tensor, a
     multiple of 4. */
  void (*round_stochastically)(amp_dtype to, const float *src, void *dst, size_t count, size_t first,
                               const random_stream *stream);
  void (*sgd_update)(const amp_sgd_settings *settings, const update_tensors *tensors, amp_update_statistics *result);
  void (*adam_update)(const adam_plan *plan, const update_tensors *tensors, amp_update_statistics *result);
} kernel_set;

extern const kernel_set reference_kernels;
#if defined(__x86_64__)
extern const kernel_set avx2_kernels, avx512_kernels;
#endif

/* The set in use on the calling thread. */
const kernel_set *kernels(void);

/* Makes the calling thread use a set (NULL: the best) and returns its choice before. */
const kernel_set *use_kernels(const kernel_set *set);

#endif
