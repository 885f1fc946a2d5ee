/* The reference kernels: one value at a time, in index order. They say what the fast ones must compute. */
#ifndef CKERNELS_REFERENCE_H
#define CKERNELS_REFERENCE_H

#include "../formats.h"
#include "../kernel_set.h"

void reference_cast(amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count);
void reference_bias_activation(amp_dtype x_dtype, const void *x, amp_dtype bias_dtype, const void *bias, bool relu,
                               amp_dtype y_dtype, void *y, size_t rows, size_t columns);
void reference_relu(amp_dtype dtype, const void *x, void *y, size_t count);
void reference_relu_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);
void reference_add(amp_dtype dtype, const void *x, const void *y, void *z, size_t count);
void reference_multiply(amp_dtype dtype, const void *x, const void *y, void *z, size_t count);
void reference_accumulate(amp_dtype dtype, const void *gradient, float *accumulator, size_t count, bool first);
void reference_dropout(amp_dtype dtype, const void *x, void *y, size_t count, size_t first, const dropout_plan *plan);

void reference_gelu(amp_dtype dtype, const void *x, void *y, size_t count);
void reference_gelu_backward(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count);
void reference_sigmoid(amp_dtype dtype, const void *x, void *y, size_t count);
void reference_sigmoid_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);
void reference_tanh(amp_dtype dtype, const void *x, void *y, size_t count);
void reference_tanh_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count);
void reference_silu(amp_dtype dtype, const void *x, void *y, size_t count);
void reference_silu_backward(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count);

void reference_column_sum(amp_dtype dtype, const void *x, size_t rows, size_t columns, float *total, float *block);
void reference_gradient_scan(amp_dtype dtype, const void *gradient, size_t count, float inverse_scale,
                             amp_gradient_statistics *result);
void reference_tensor_count(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result);
void reference_exponent_histogram(amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result,
                                  uint64_t bins[AMP_EXPONENT_BINS]);
void reference_average_rows(amp_dtype dtype, const void *x, void *y, size_t rows, size_t channels);
void reference_spread_rows(amp_dtype dtype, const void *dy, void *dx, size_t rows, size_t channels);

void reference_max_pool(amp_dtype dtype, const void *x, void *y, void *positions, const max_pool_plan *plan,
                        size_t row);
void reference_max_pool_backward(amp_dtype dtype, const void *dy, const void *positions, void *dx,
                                 const max_pool_plan *plan, size_t row);

void reference_upsample(amp_dtype dtype, const void *x, void *y, const upsample_plan *plan, size_t row);
void reference_upsample_backward(amp_dtype dtype, const void *dy, void *dx, const upsample_plan *plan, size_t row);

void reference_layer_norm(amp_dtype dtype, const void *x, const float *weight, const float *bias, float eps, void *y,
                          float *mean, float *rstd, size_t rows, size_t columns);
void reference_layer_norm_backward(amp_dtype dtype, const void *dy, const void *x, const float *weight,
                                   const float *mean, const float *rstd, void *dx, float *dweight, float *dbias,
                                   float *block, size_t rows, size_t columns);

void reference_batch_norm_moments(amp_dtype dtype, const void *x, size_t rows, size_t channels, float *mean,
                                  float *squared_deviations);
void reference_batch_norm_apply(amp_dtype dtype, const void *x, const float *mean, const float *scale,
                                const float *bias, bool relu, void *y, size_t rows, size_t channels, size_t stride);
void reference_batch_norm_gradient_sums(amp_dtype dtype, const void *dy, const void *x,
                                        const batch_norm_gradient_plan *plan, float *sum, float *sum_with_deviation,
                                        size_t rows, size_t channels);
void reference_batch_norm_gradient_apply(amp_dtype dtype, const void *dy, const void *x,
                                         const batch_norm_gradient_plan *plan, void *dx, size_t rows, size_t channels);

double reference_cross_entropy(const float *logits, const int64_t *labels, size_t rows, size_t classes, float *losses,
                               double sum);
void reference_cross_entropy_backward(const float *logits, const int64_t *labels, float factor, float *dlogits,
                                      size_t rows, size_t classes);
void reference_argmax(const float *logits, int64_t *predictions, size_t rows, size_t classes);

double reference_bce_with_logits(const float *logits, const float *targets, size_t count);
void reference_bce_with_logits_backward(const float *logits, const float *targets, float factor, float *dlogits,
                                        size_t count);
double reference_bce(const float *probabilities, const float *targets, size_t count);
void reference_bce_backward(const float *probabilities, const float *targets, float factor, float *dprobabilities,
                            size_t count);
double reference_mse(const float *predictions, const float *targets, size_t count);
void reference_mse_backward(const float *predictions, const float *targets, float factor, float *dpredictions,
                            size_t count);

void reference_attention_softmax(float *scores, const attention_plan *plan, void *p, float *logsumexp, size_t first,
                                 size_t rows);
void reference_attention_softmax_backward(const attention_gradient *operands, const attention_plan *plan, void *p,
                                          void *ds, size_t first, size_t rows);
void reference_dot_products(amp_dtype dtype, const void *x, size_t x_stride, const void *y, size_t y_stride,
                            float *products, size_t rows, size_t columns);

void reference_lstm_cell(amp_dtype dtype, const lstm_sample *sample, size_t hidden);
void reference_lstm_cell_backward(amp_dtype dtype, const lstm_gradient_sample *sample, size_t hidden);

void reference_round_stochastically(amp_dtype to, const float *src, void *dst, size_t count, size_t first,
                                    const random_stream *stream);
void reference_sgd_update(const amp_sgd_settings *settings, const update_tensors *tensors,
                          amp_update_statistics *result);
void reference_adam_update(const adam_plan *plan, const update_tensors *tensors, amp_update_statistics *result);

#endif
