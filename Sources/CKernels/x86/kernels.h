/* The kernel bodies, written once over the vector vocabulary. Included by one file per instruction set, after its
 * vector header and under its target attribute; everything here is static. */

#include "loops.h"

#include "functions.h"

#include "elementwise.h"

#include "dropout.h"

#include "reductions.h"

#include "max_pool.h"

#include "batch_norm.h"

#include "batch_norm_backward.h"

#include "cross_entropy.h"

#include "optimizers.h"

#define KERNEL_SET(which)                                                                                              \
  {                                                                                                                    \
      .isa = which,                                                                                                    \
      .cast = cast,                                                                                                    \
      .bias_activation = bias_activation,                                                                              \
      .relu = relu,                                                                                                    \
      .relu_backward = relu_backward,                                                                                  \
      .gelu = gelu,                                                                                                    \
      .gelu_backward = gelu_backward,                                                                                  \
      .sigmoid = reference_sigmoid,                                                                                    \
      .sigmoid_backward = reference_sigmoid_backward,                                                                  \
      .tanh = reference_tanh,                                                                                          \
      .tanh_backward = reference_tanh_backward,                                                                        \
      .silu = reference_silu,                                                                                          \
      .silu_backward = reference_silu_backward,                                                                        \
      .add = add,                                                                                                      \
      .multiply = reference_multiply,                                                                                  \
      .accumulate = reference_accumulate,                                                                              \
      .dropout = dropout,                                                                                              \
      .column_sum = column_sum,                                                                                        \
      .gradient_scan = gradient_scan,                                                                                  \
      .average_rows = average_rows,                                                                                    \
      .spread_rows = spread_rows,                                                                                      \
      .max_pool = max_pool,                                                                                            \
      .max_pool_backward = max_pool_backward,                                                                          \
      .upsample = reference_upsample,                                                                                  \
      .upsample_backward = reference_upsample_backward,                                                                \
      .layer_norm = reference_layer_norm,                                                                              \
      .layer_norm_backward = reference_layer_norm_backward,                                                            \
      .batch_norm_moments = batch_norm_moments,                                                                        \
      .batch_norm_apply = batch_norm_apply,                                                                            \
      .batch_norm_gradient_sums = batch_norm_gradient_sums,                                                            \
      .batch_norm_gradient_apply = batch_norm_gradient_apply,                                                          \
      .exponential_sum = exponential_sum,                                                                              \
      .scaled_exponentials = scaled_exponentials,                                                                      \
      .argmax = argmax,                                                                                                \
      .bce_with_logits = reference_bce_with_logits,                                                                    \
      .bce_with_logits_backward = reference_bce_with_logits_backward,                                                  \
      .bce = reference_bce,                                                                                            \
      .bce_backward = reference_bce_backward,                                                                          \
      .mse = reference_mse,                                                                                            \
      .mse_backward = reference_mse_backward,                                                                          \
      .attention_softmax = reference_attention_softmax,                                                                \
      .attention_softmax_backward = reference_attention_softmax_backward,                                              \
      .dot_product = reference_dot_product,                                                                            \
      .lstm_cell = reference_lstm_cell,                                                                                \
      .lstm_cell_backward = reference_lstm_cell_backward,                                                              \
      .sgd_update = sgd_update,                                                                                        \
      .adam_update = adam_update,                                                                                      \
  }
