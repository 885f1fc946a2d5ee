/* One sample of a step of an LSTM: cells across lanes, two vectors at a time. */

enum { gates_in_cell = 4, vectors_of_cells = 2 };

/* One value of some cells, and one of each of their gates. */
typedef struct {
  vfloat of[vectors_of_cells];
} cell_values;
typedef struct {
  cell_values i, f, g, o;
} cell_gates;

INLINE cell_values load_cells(amp_dtype dtype, const void *base, size_t at, size_t vectors, size_t n) {
  cell_values values;
  load_pair(dtype, base, at, vectors, n, values.of);
  return values;
}
INLINE cell_values load_cells_or_zeros(amp_dtype dtype, const void *base, size_t at, size_t vectors, size_t n) {
  return base != NULL ? load_cells(dtype, base, at, vectors, n) : (cell_values){{zeros(), zeros()}};
}

/* The sums of a gate: what comes from the input, and what comes from the step before, which is rounded on its own. */
INLINE cell_values gate_sums(amp_dtype dtype, const lstm_sample *sample, size_t at, size_t vectors, size_t n) {
  cell_values sums = load_cells(dtype, sample->input_gates, at, vectors, n);
  cell_values recurrent = load_cells(dtype, sample->recurrent_bias, at, vectors, n);
  cell_values products = {{zeros(), zeros()}};
  if (sample->recurrent_sums != NULL)
    load_f32_pair(dtype, sample->recurrent_sums, at, vectors, n, products.of);
  EACH(v, vectors) sums.of[v] = sums.of[v] + rounded(dtype, products.of[v] + recurrent.of[v]);
  return sums;
}

INLINE void lstm_cell_of(amp_dtype dtype, const lstm_sample *at, size_t hidden) {
  const lstm_sample sample = *at;
  FOR_PAIRS(cell, vectors, n, hidden, {
    cell_values i = gate_sums(dtype, &sample, cell, vectors, n);
    cell_values f = gate_sums(dtype, &sample, hidden + cell, vectors, n);
    cell_values g = gate_sums(dtype, &sample, 2 * hidden + cell, vectors, n);
    cell_values o = gate_sums(dtype, &sample, 3 * hidden + cell, vectors, n);
    cell_values c = load_cells_or_zeros(dtype, sample.c_prev, cell, vectors, n);
    cell_values y;
    EACH(v, vectors) i.of[v] = logistic(i.of[v]);
    EACH(v, vectors) f.of[v] = logistic(f.of[v]);
    EACH(v, vectors) g.of[v] = hyperbolic_tangent(g.of[v]);
    EACH(v, vectors) o.of[v] = logistic(o.of[v]);
    EACH(v, vectors) c.of[v] = multiply_add(f.of[v], c.of[v], i.of[v] * g.of[v]);
    EACH(v, vectors) y.of[v] = o.of[v] * hyperbolic_tangent(c.of[v]);
    store_pair(dtype, sample.gates, cell, vectors, n, i.of);
    store_pair(dtype, sample.gates, hidden + cell, vectors, n, f.of);
    store_pair(dtype, sample.gates, 2 * hidden + cell, vectors, n, g.of);
    store_pair(dtype, sample.gates, 3 * hidden + cell, vectors, n, o.of);
    store_pair(dtype, sample.c, cell, vectors, n, c.of);
    store_pair(dtype, sample.y, cell, vectors, n, y.of);
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
  FOR_PAIRS(cell, vectors, n, hidden, {
    cell_values i = load_cells(dtype, sample.gates, cell, vectors, n);
    cell_values f = load_cells(dtype, sample.gates, hidden + cell, vectors, n);
    cell_values g = load_cells(dtype, sample.gates, 2 * hidden + cell, vectors, n);
    cell_values o = load_cells(dtype, sample.gates, 3 * hidden + cell, vectors, n);
    const cell_values c = load_cells(dtype, sample.c, cell, vectors, n);
    const cell_values c_prev = load_cells_or_zeros(dtype, sample.c_prev, cell, vectors, n);
    const cell_values dy = load_cells_or_zeros(dtype, sample.dy, cell, vectors, n);
    const cell_values recurrent = load_cells_or_zeros(dtype, sample.dh_recurrent, cell, vectors, n);
    cell_values dc = load_cells_or_zeros(dtype, sample.first ? NULL : sample.dc, cell, vectors, n);
    EACH(v, vectors) {
      const vfloat tanh_c = hyperbolic_tangent(c.of[v]), dh = dy.of[v] + recurrent.of[v];
      const vfloat gradient = multiply_add(dh * o.of[v], tanh_slope(tanh_c), dc.of[v]), input = i.of[v];
      i.of[v] = gradient * g.of[v] * logistic_slope(input);
      dc.of[v] = gradient * f.of[v];
      f.of[v] = gradient * c_prev.of[v] * logistic_slope(f.of[v]);
      g.of[v] = gradient * input * tanh_slope(g.of[v]);
      o.of[v] = dh * tanh_c * logistic_slope(o.of[v]);
    }
    store_pair(dtype, sample.dgates, cell, vectors, n, i.of);
    store_pair(dtype, sample.dgates, hidden + cell, vectors, n, f.of);
    store_pair(dtype, sample.dgates, 2 * hidden + cell, vectors, n, g.of);
    store_pair(dtype, sample.dgates, 3 * hidden + cell, vectors, n, o.of);
    store_pair(dtype, sample.dc, cell, vectors, n, dc.of);
  });
}
static void lstm_cell_backward(amp_dtype dtype, const lstm_gradient_sample *sample, size_t hidden) {
  FOR_DTYPE(dtype, format, lstm_cell_backward_of(format, sample, hidden));
}
