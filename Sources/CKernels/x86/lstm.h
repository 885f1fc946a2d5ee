/* One sample of a step of an LSTM: cells across lanes. */

INLINE vfloat load_or_zeros(amp_dtype dtype, const void *base, size_t index, size_t n) {
  return base != NULL ? load(dtype, base, index, n) : zeros();
}

INLINE vfloat gate_sum(amp_dtype dtype, const lstm_sample *sample, size_t index, size_t n) {
  return load(dtype, sample->input_gates, index, n) + load(dtype, sample->recurrent_gates, index, n);
}

INLINE void lstm_cell_of(amp_dtype dtype, const lstm_sample *at, size_t hidden) {
  const lstm_sample sample = *at;
  FOR_VECTORS(cell, n, hidden, {
    const vfloat i = logistic(gate_sum(dtype, &sample, cell, n));
    const vfloat f = logistic(gate_sum(dtype, &sample, hidden + cell, n));
    const vfloat g = hyperbolic_tangent(gate_sum(dtype, &sample, 2 * hidden + cell, n));
    const vfloat o = logistic(gate_sum(dtype, &sample, 3 * hidden + cell, n));
    const vfloat c = multiply_add(f, load_or_zeros(dtype, sample.c_prev, cell, n), i * g);
    store(dtype, sample.gates, cell, n, i);
    store(dtype, sample.gates, hidden + cell, n, f);
    store(dtype, sample.gates, 2 * hidden + cell, n, g);
    store(dtype, sample.gates, 3 * hidden + cell, n, o);
    store(dtype, sample.c, cell, n, c);
    store(dtype, sample.y, cell, n, o * hyperbolic_tangent(c));
  });
}
static void lstm_cell(amp_dtype dtype, const lstm_sample *sample, size_t hidden) {
  FOR_DTYPE(dtype, format, lstm_cell_of(format, sample, hidden));
}

/* value * (1 - value): the slope of the logistic function where it has this value. */
INLINE vfloat logistic_slope(vfloat value) { return multiply_add(zeros() - value, value, value); }
/* 1 - value^2: the same of the hyperbolic tangent. */
INLINE vfloat tanh_slope(vfloat value) { return multiply_add(zeros() - value, value, broadcast(1.0f)); }

INLINE void lstm_cell_backward_of(amp_dtype dtype, const lstm_gradient_sample *at, size_t hidden) {
  const lstm_gradient_sample sample = *at;
  FOR_VECTORS(cell, n, hidden, {
    const vfloat i = load(dtype, sample.gates, cell, n), f = load(dtype, sample.gates, hidden + cell, n);
    const vfloat g = load(dtype, sample.gates, 2 * hidden + cell, n);
    const vfloat o = load(dtype, sample.gates, 3 * hidden + cell, n);
    const vfloat tanh_c = hyperbolic_tangent(load(dtype, sample.c, cell, n));
    const vfloat dh = load_or_zeros(dtype, sample.dy, cell, n) + load_or_zeros(dtype, sample.dh_recurrent, cell, n);
    const vfloat carried = sample.first ? zeros() : load(dtype, sample.dc, cell, n);
    const vfloat dc = multiply_add(dh * o, tanh_slope(tanh_c), carried);
    store(dtype, sample.dgates, cell, n, dc * g * logistic_slope(i));
    store(dtype, sample.dgates, hidden + cell, n,
          dc * load_or_zeros(dtype, sample.c_prev, cell, n) * logistic_slope(f));
    store(dtype, sample.dgates, 2 * hidden + cell, n, dc * i * tanh_slope(g));
    store(dtype, sample.dgates, 3 * hidden + cell, n, dh * tanh_c * logistic_slope(o));
    store(dtype, sample.dc, cell, n, dc * f);
  });
}
static void lstm_cell_backward(amp_dtype dtype, const lstm_gradient_sample *sample, size_t hidden) {
  FOR_DTYPE(dtype, format, lstm_cell_backward_of(format, sample, hidden));
}
