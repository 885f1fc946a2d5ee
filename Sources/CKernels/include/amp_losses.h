/* Losses, and what is read off predictions. All of them in fp32. */
#ifndef AMP_LOSSES_H
#define AMP_LOSSES_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Softmax cross-entropy of fp32 logits (n, classes) with class labels: *loss = mean over n of
   logsumexp(logits) - logits[label], row losses summed in fp64 in index order. row_loss (n) may be NULL.
   The exponentials are within 1.1 ulp, and the logarithm within 1 where classes are few. A row has the same bits
   whatever its neighbours and `threads`. A label outside 0..<classes gives NaN, also in the gradient of its row. */
void amp_cross_entropy(int threads, const float *logits, const int64_t *labels, float *loss, float *row_loss, size_t n,
                       size_t classes);
/* dlogits = (softmax(logits) - onehot(label)) * (seed / n); seed is the loss scale.
   dlogits may equal logits. */
void amp_cross_entropy_backward(int threads, const float *logits, const int64_t *labels, float seed, float *dlogits,
                                size_t n, size_t classes);
/* predictions[i] = index of the largest logit of row i, the first among equals; -1 if the row holds a NaN. */
void amp_argmax(int threads, const float *logits, int64_t *predictions, size_t n, size_t classes);

/* The losses of `count` pairs below are means over them: each is computed in fp32, and summed in fp64. Their gradients
   carry seed / count; seed is the loss scale. A gradient may be written over the first operand. */

/* torch.nn.functional.binary_cross_entropy_with_logits: max(x, 0) - x * t + log1p(exp(-|x|)) of logit x, target t. */
void amp_bce_with_logits(int threads, const float *logits, const float *targets, float *loss, size_t count);
/* dlogits = (logistic(x) - t) * (seed / count). */
void amp_bce_with_logits_backward(int threads, const float *logits, const float *targets, float seed, float *dlogits,
                                  size_t count);

/* torch.nn.functional.binary_cross_entropy: -t * log(p) - (1 - t) * log1p(-p) of probability p, the logarithms at least
   -100. A probability outside 0...1 gives NaN. */
void amp_bce(int threads, const float *probabilities, const float *targets, float *loss, size_t count);
/* dprobabilities = (p - t) / max((1 - p) * p, 1e-12) * (seed / count). */
void amp_bce_backward(int threads, const float *probabilities, const float *targets, float seed, float *dprobabilities,
                      size_t count);

/* torch.nn.functional.mse_loss: (x - t)^2. */
void amp_mse(int threads, const float *predictions, const float *targets, float *loss, size_t count);
/* dpredictions = (x - t) * (2 * seed / count). The same bits in every kernel set and for every `threads`. */
void amp_mse_backward(int threads, const float *predictions, const float *targets, float seed, float *dpredictions,
                      size_t count);

#ifdef __cplusplus
}
#endif
#endif
