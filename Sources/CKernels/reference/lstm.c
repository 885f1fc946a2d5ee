/* The specification of one step of an LSTM. */
#include "reference.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

static double load_or_zero(amp_dtype dtype, const void *base, size_t index) {
  return base != NULL ? (double)load_element(dtype, base, index) : 0;
}

static float rounded(amp_dtype dtype, float value) {
  float stored;
  store_element(dtype, &stored, 0, value);
  return load_element(dtype, &stored, 0);
}

static double logistic(double x) { return 1 / (1 + exp(-x)); }

void reference_lstm_cell(amp_dtype dtype, const lstm_sample *sample, size_t hidden) {
  for (size_t cell = 0; cell < hidden; cell++) {
    double gates[4];
    for (size_t gate = 0; gate < 4; gate++) {
      const size_t at = gate * hidden + cell;
      const float product = sample->recurrent_sums != NULL ? sample->recurrent_sums[at] : 0;
      const float recurrent = rounded(dtype, product + load_element(dtype, sample->recurrent_bias, at));
      const float sum = load_element(dtype, sample->input_gates, at) + recurrent;
      gates[gate] = gate == 2 ? tanh(sum) : logistic(sum);
    }
    const double c = gates[1] * load_or_zero(dtype, sample->c_prev, cell) + gates[0] * gates[2];
    for (size_t gate = 0; gate < 4; gate++)
      store_element(dtype, sample->gates, gate * hidden + cell, (float)gates[gate]);
    store_element(dtype, sample->c, cell, (float)c);
    store_element(dtype, sample->y, cell, (float)(gates[3] * tanh(c)));
  }
}

void reference_lstm_cell_backward(amp_dtype dtype, const lstm_gradient_sample *sample, size_t hidden) {
  for (size_t cell = 0; cell < hidden; cell++) {
    const double i = load_element(dtype, sample->gates, cell), f = load_element(dtype, sample->gates, hidden + cell);
    const double g = load_element(dtype, sample->gates, 2 * hidden + cell);
    const double o = load_element(dtype, sample->gates, 3 * hidden + cell);
    const double tanh_c = tanh(load_element(dtype, sample->c, cell));
    const double dh = load_or_zero(dtype, sample->dy, cell) + load_or_zero(dtype, sample->dh_recurrent, cell);
    const double carried = sample->first ? 0 : load_element(dtype, sample->dc, cell);
    const double dc = carried + dh * o * (1 - tanh_c * tanh_c);
    store_element(dtype, sample->dgates, cell, (float)(dc * g * i * (1 - i)));
    store_element(dtype, sample->dgates, hidden + cell,
                  (float)(dc * load_or_zero(dtype, sample->c_prev, cell) * f * (1 - f)));
    store_element(dtype, sample->dgates, 2 * hidden + cell, (float)(dc * i * (1 - g * g)));
    store_element(dtype, sample->dgates, 3 * hidden + cell, (float)(dh * tanh_c * o * (1 - o)));
    store_element(dtype, sample->dc, cell, (float)(dc * f));
  }
}
