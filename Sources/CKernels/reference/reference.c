/* The reference kernels as a set. */
#include "reference.h"

const kernel_set reference_kernels = {
    .isa = AMP_ISA_REFERENCE,
    .cast = reference_cast,
    .bias_activation = reference_bias_activation,
    .relu = reference_relu,
    .relu_backward = reference_relu_backward,
    .gelu = reference_gelu,
    .gelu_backward = reference_gelu_backward,
    .add = reference_add,
    .dropout = reference_dropout,
    .column_sum = reference_column_sum,
    .gradient_scan = reference_gradient_scan,
    .average_rows = reference_average_rows,
    .spread_rows = reference_spread_rows,
    .max_pool = reference_max_pool,
    .max_pool_backward = reference_max_pool_backward,
    .batch_norm_moments = reference_batch_norm_moments,
    .batch_norm_apply = reference_batch_norm_apply,
    .batch_norm_gradient_sums = reference_batch_norm_gradient_sums,
    .batch_norm_gradient_apply = reference_batch_norm_gradient_apply,
    .exponential_sum = reference_exponential_sum,
    .scaled_exponentials = reference_scaled_exponentials,
    .argmax = reference_argmax,
    .sgd_update = reference_sgd_update,
    .adamw_update = reference_adamw_update,
};
