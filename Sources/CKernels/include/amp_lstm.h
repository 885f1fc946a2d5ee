/* One time step of a long short-term memory (Hochreiter & Schmidhuber 1997; torch.nn.LSTM). */
#ifndef AMP_LSTM_H
#define AMP_LSTM_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* n samples of `hidden` cells. Strides are elements from one sample to the next, so that tensors may be one step out of
   (N, T, ...): input_gates_stride of input_gates, gates_stride of gates and dgates, cells_stride of c_prev and c,
   y_stride of y and dy. */
typedef struct {
  size_t n, hidden, input_gates_stride, gates_stride, cells_stride, y_stride;
} amp_lstm_shape;

/* The step after the two products (torch's _thnn_fused_lstm_cell), gates in torch's order i, f, g, o of `hidden`
   columns each, tensors of dtype but for the sums. recurrent = recurrent_sums (fp32, n, 4 * hidden, dense; NULL: zeros)
   + recurrent_bias (4 * hidden), rounded to dtype; the sum of input_gates and recurrent in fp32; i, f, o = logistic,
   g = tanh, c = f * c_prev + i * g, y = o * tanh(c) with the c that is not rounded. gates receives the activated gates.
   Everything is rounded once, when it is stored. c_prev NULL: zeros. gates may be input_gates where their strides
   agree. A sample is the same bits for every `threads`. */
void amp_lstm_cell(int threads, amp_dtype dtype, const void *input_gates, const float *recurrent_sums,
                   const void *recurrent_bias, const void *c_prev, void *gates, void *c, void *y,
                   const amp_lstm_shape *shape);

/* The gradient of the step. dh = dy + dh_recurrent in fp32 (dh_recurrent: (n, hidden), dense; NULL: zeros, as for dy).
   dc (n, hidden, dense) brings the gradient of c from the step after, unless this is the `first` step that runs
   backward, and takes the one of c_prev to the step before. dgates receives the gradients of the sums of the gates.
   tanh(c) is computed again from c as it was stored. dgates may be gates. */
void amp_lstm_cell_backward(int threads, amp_dtype dtype, const void *dy, const void *dh_recurrent, void *dc,
                            bool first, const void *gates, const void *c_prev, const void *c, void *dgates,
                            const amp_lstm_shape *shape);

#ifdef __cplusplus
}
#endif
#endif
