/* Optimizer steps. */
#ifndef AMP_OPTIMIZERS_H
#define AMP_OPTIMIZERS_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an update wrote (or would have written), judged on the values as they are stored: a finite result that rounds to
   infinity in storage_dtype is not finite. */
typedef struct {
  uint64_t non_finite;       /* new weights and states, each counted by itself, that are NaN or infinite */
  float largest_weight;      /* largest magnitude among the finite new weights */
  float largest_state[2];    /* the same of new momentum buffers (and 0), or of first and second moments */
  uint64_t changed_weights;  /* weights whose stored bits differ from before; 0 unless count_changes */
  uint64_t changed_copies;   /* the same of low-precision copies */
} amp_update_statistics;

/* To nearest, ties to even; or to one of the two neighbours x lies between, up with probability
   (x - lower) / (upper - lower), so that the mean of the result is x (Gupta et al. 2015). */
typedef enum { AMP_ROUND_NEAREST = 0, AMP_ROUND_STOCHASTIC = 1 } amp_rounding;

/* The tensors of one update, `count` elements each. Weight and states are stored in storage_dtype: AMP_F32, or AMP_F16
   or AMP_BF16 without masters, where an update loads them, computes in fp32 and rounds once when it stores, as torch's
   fused optimizers do.

   AMP_ROUND_STOCHASTIC rounds the stored 16-bit weight only; states are always rounded to nearest, and with fp32
   storage there is nothing to round. Numbers that the format holds never move; NaN and infinity stay. The neighbour
   above the largest finite number is 2^16 (fp16) or 2^128 (bf16), stored as infinity: only what lies beyond the largest
   finite number can become infinite. bf16 decides on 16 random bits, which is exact; fp16 on 13, exact, and on 32 for
   what becomes subnormal, where the probability is within 2^-32. Element i uses draw i % 4 of Philox 4x32-10 with key
   `seed` and the counter (i / 4, attempt low, attempt high, stream), lowest word first. That is amp_dropout's
   counter: `stream` must be no dropout's `operation` under the same seed. The same bits in every kernel set and for
   every `threads`. Vectors draw for bf16; fp16 is drawn one element at a time. */
typedef struct {
  amp_dtype storage_dtype;
  void *weight;
  void *state[2]; /* SGD: the momentum buffer, and NULL; Adam: first and second moment */
  amp_dtype gradient_dtype;
  const void *gradient;
  amp_dtype copy_dtype;
  void *low_precision_copy; /* receives the new weight as stored, rounded to copy_dtype, to nearest; may be NULL */
  size_t count;
  amp_rounding weight_rounding;
  uint64_t seed, attempt;
  uint32_t stream;
  bool count_changes; /* costs a comparison of every element */
} amp_update_tensors;

/* Both steps begin with the gradient unscaled and clipped (torch.nn.utils.clip_grad_norm_ and clip_grad_value_):
   clipped = clamp(gradient * inverse_scale * clip_factor, -clip_value, clip_value). clip_factor 1 and clip_value
   INFINITY clip nothing. NaN stays NaN. O(count), one pass over memory. */

/* torch.optim.SGD with momentum (no dampening): g = clipped + weight_decay * w;
   buffer = first_step ? g : momentum * buffer + g; w -= lr * (nesterov ? g + momentum * buffer : buffer).
   The first step does not read the buffer.
   dry_run: compute, judge and count, write nothing. */
typedef struct {
  float lr, momentum, weight_decay, inverse_scale, clip_factor, clip_value;
  bool nesterov, first_step, dry_run;
} amp_sgd_settings;
void amp_sgd_update(int threads, const amp_sgd_settings *settings, const amp_update_tensors *tensors,
                    amp_update_statistics *result);

/* torch.optim.AdamW (decoupled; Loshchilov & Hutter 2019) or torch.optim.Adam (Kingma & Ba 2015), step counted from 1:
   decoupled: g = clipped, w *= 1 - lr * weight_decay; else g = clipped + weight_decay * w;
   m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g;
   w -= (lr / (1 - beta1^step)) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps). Bias corrections in fp64. */
typedef struct {
  float lr;
  double beta1, beta2; /* fp64, as torch keeps them: 1 - 0.999f would be off by 1.3e-5 */
  float eps, weight_decay, inverse_scale, clip_factor, clip_value;
  int64_t step;
  bool decoupled, dry_run;
} amp_adam_settings;
void amp_adam_update(int threads, const amp_adam_settings *settings, const amp_update_tensors *tensors,
                     amp_update_statistics *result);

#ifdef __cplusplus
}
#endif
#endif
