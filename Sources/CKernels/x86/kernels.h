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
      .add = add,                                                                                                      \
      .dropout = dropout,                                                                                              \
      .column_sum = column_sum,                                                                                        \
      .gradient_scan = gradient_scan,                                                                                  \
      .average_rows = average_rows,                                                                                    \
      .spread_rows = spread_rows,                                                                                      \
      .max_pool = max_pool,                                                                                            \
      .max_pool_backward = max_pool_backward,                                                                          \
      .batch_norm_moments = batch_norm_moments,                                                                        \
      .batch_norm_apply = batch_norm_apply,                                                                            \
      .batch_norm_gradient_sums = batch_norm_gradient_sums,                                                            \
      .batch_norm_gradient_apply = batch_norm_gradient_apply,                                                          \
      .exponential_sum = exponential_sum,                                                                              \
      .scaled_exponentials = scaled_exponentials,                                                                      \
      .argmax = argmax,                                                                                                \
      .sgd_update = sgd_update,                                                                                        \
      .adamw_update = adamw_update,                                                                                    \
  }
