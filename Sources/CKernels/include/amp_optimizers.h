/* Optimizer steps. */
#ifndef AMP_OPTIMIZERS_H
#define AMP_OPTIMIZERS_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an update wrote (or would have written). */
typedef struct {
  uint64_t non_finite;       /* new weights and states, each counted by itself, that are NaN or infinite */
  float largest_weight;      /* largest magnitude among the finite new weights */
  float largest_state[2];    /* the same of new momentum buffers (and 0), or of first and second moments */
} amp_update_statistics;

/* Both steps begin with the gradient unscaled and clipped (torch.nn.utils.clip_grad_norm_ and clip_grad_value_):
   clipped = clamp(gradient * inverse_scale * clip_factor, -clip_value, clip_value). clip_factor 1 and clip_value
   INFINITY clip nothing. NaN stays NaN. */

/* torch.optim.SGD with momentum (no dampening): g = clipped + weight_decay * w;
   buffer = first_step ? g : momentum * buffer + g; w -= lr * (nesterov ? g + momentum * buffer : buffer).
   The first step does not read the buffer.
   low_precision_copy (may be NULL) receives the new weight in copy_dtype.
   dry_run: compute and judge, write nothing. */
typedef struct {
  float lr, momentum, weight_decay, inverse_scale, clip_factor, clip_value;
  bool nesterov, first_step, dry_run;
} amp_sgd_settings;
void amp_sgd_update(int threads, const amp_sgd_settings *settings, float *weight, amp_dtype gradient_dtype,
                    const void *gradient, float *momentum_buffer, amp_dtype copy_dtype, void *low_precision_copy,
                    size_t count, amp_update_statistics *result);

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
void amp_adam_update(int threads, const amp_adam_settings *settings, float *weight, amp_dtype gradient_dtype,
                     const void *gradient, float *first_moment, float *second_moment, amp_dtype copy_dtype,
                     void *low_precision_copy, size_t count, amp_update_statistics *result);

#ifdef __cplusplus
}
#endif
#endif
