/* The kernel bodies, written once over the vector vocabulary. Included by one file per instruction set, after its
 * vector header and under its target attribute; everything here is static. */

#include "loops.h"

#include "functions.h"

#include "elementwise.h"

#include "activations.h"

#include "draws.h"

#include "dropout.h"

#include "rounding.h"

#include "numerics.h"

#include "reductions.h"

#include "max_pool.h"

#include "upsample.h"

#include "layer_norm.h"

#include "batch_norm.h"

#include "batch_norm_backward.h"

#include "cross_entropy.h"

#include "losses.h"

#include "attention.h"

#include "lstm.h"

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
      .sigmoid = sigmoid,                                                                                              \
      .sigmoid_backward = sigmoid_backward,                                                                            \
      .tanh = tanh_forward,                                                                                            \
      .tanh_backward = tanh_backward,                                                                                  \
      .silu = silu,                                                                                                    \
      .silu_backward = silu_backward,                                                                                  \
      .add = add,                                                                                                      \
      .multiply = multiply,                                                                                            \
      .accumulate = accumulate,                                                                                        \
      .dropout = dropout,                                                                                              \
      .column_sum = column_sum,                                                                                        \
      .gradient_scan = gradient_scan,                                                                                  \
      .tensor_count = tensor_count,                                                                                    \
      .exponent_histogram = exponent_histogram,                                                                        \
      .average_rows = average_rows,                                                                                    \
      .spread_rows = spread_rows,                                                                                      \
      .max_pool = max_pool,                                                                                            \
      .max_pool_backward = max_pool_backward,                                                                          \
      .upsample = upsample,                                                                                            \
      .upsample_backward = upsample_backward,                                                                          \
      .layer_norm = layer_norm,                                                                                        \
      .layer_norm_backward = layer_norm_backward,                                                                      \
      .batch_norm_moments = batch_norm_moments,                                                                        \
      .batch_norm_apply = batch_norm_apply,                                                                            \
      .batch_norm_gradient_sums = batch_norm_gradient_sums,                                                            \
      .batch_norm_gradient_apply = batch_norm_gradient_apply,                                                          \
      .cross_entropy = cross_entropy,                                                                                  \
      .cross_entropy_backward = cross_entropy_backward,                                                                \
      .argmax = argmax,                                                                                                \
      .bce_with_logits = bce_with_logits,                                                                              \
      .bce_with_logits_backward = bce_with_logits_backward,                                                            \
      .bce = bce,                                                                                                      \
      .bce_backward = bce_backward,                                                                                    \
      .mse = mse,                                                                                                      \
      .mse_backward = mse_backward,                                                                                    \
      .attention_softmax = attention_softmax,                                                                          \
      .attention_softmax_backward = attention_softmax_backward,                                                        \
      .dot_products = dot_products,                                                                                    \
      .lstm_cell = lstm_cell,                                                                                          \
      .lstm_cell_backward = lstm_cell_backward,                                                                        \
      .round_stochastically = round_stochastically,                                                                    \
      .sgd_update = sgd_update,                                                                                        \
      .adam_update = adam_update,                                                                                      \
  }
