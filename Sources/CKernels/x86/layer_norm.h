/* Layer normalisation: columns across lanes, one row after the other; a row is small enough for the first cache, so
 * that a second look at it costs no memory traffic. */

INLINE void layer_norm_row(amp_dtype dtype, const void *x, const float *weight, const float *bias, float eps, void *y,
                           float *mean, float *rstd, size_t columns) {
  vsums sum = no_sums(), squares = no_sums();
  FOR_STRANDS(i, n, strand, columns, { sum.of[strand] = sum.of[strand] + load(dtype, x, i, n); });
  /* The second pass also finds by how much fp32 missed the mean, and takes that out of mean and variance. */
  const float near_mean = total_of_strands(&sum) / (float)columns;
  const vfloat center = broadcast(near_mean);
  sum = no_sums();
  FOR_STRANDS(i, n, strand, columns, {
    const vfloat deviation = or_zero(first_lanes(n), load(dtype, x, i, n) - center);
    sum.of[strand] = sum.of[strand] + deviation;
    squares.of[strand] = multiply_add(deviation, deviation, squares.of[strand]);
  });
  const double missed = (double)total_of_strands(&sum) / (double)columns;
  const double variance = (double)total_of_strands(&squares) / (double)columns - missed * missed;
  *mean = (float)((double)near_mean + missed);
  *rstd = (float)(1 / sqrt((variance < 0 ? 0 : variance) + (double)eps));

  const vfloat middle = broadcast(*mean), scale = broadcast(*rstd);
  FOR_VECTORS(i, n, columns, {
    const vfloat normalized = (load(dtype, x, i, n) - middle) * scale;
    store(dtype, y, i, n, multiply_add(normalized, load_f32(weight + i, n), load_f32(bias + i, n)));
  });
}

INLINE void layer_norm_of(amp_dtype dtype, const void *x, const float *weight, const float *bias, float eps, void *y,
                          float *mean, float *rstd, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++)
    layer_norm_row(dtype, element(dtype, x, row * columns), weight, bias, eps,
                   mutable_element(dtype, y, row * columns), mean + row, rstd + row, columns);
}
static void layer_norm(amp_dtype dtype, const void *x, const float *weight, const float *bias, float eps, void *y,
                       float *mean, float *rstd, size_t rows, size_t columns) {
  FOR_DTYPE(dtype, format, layer_norm_of(format, x, weight, bias, eps, y, mean, rstd, rows, columns));
}

/* dx of one row; what it gives dweight and dbias is added to block (2 * columns). */
INLINE void layer_norm_backward_row(amp_dtype dtype, const void *dy, const void *x, const float *weight, float mean,
                                    float rstd, void *dx, float *block, size_t columns) {
  const vfloat center = broadcast(mean), scale = broadcast(rstd);
  vsums plain = no_sums(), with_deviation = no_sums();
  FOR_STRANDS(i, n, strand, columns, {
    const vfloat gradient = load(dtype, dy, i, n) * load_f32(weight + i, n);
    const vfloat deviation = load(dtype, x, i, n) - center;
    plain.of[strand] = plain.of[strand] + gradient;
    with_deviation.of[strand] = multiply_add(gradient, deviation, with_deviation.of[strand]);
  });
  const vfloat average = broadcast(total_of_strands(&plain) / (float)columns);
  const vfloat slope = broadcast(total_of_strands(&with_deviation) * rstd / (float)columns);
  float *dweight = block, *dbias = block + columns;
  FOR_VECTORS(i, n, columns, {
    const vfloat output_gradient = load(dtype, dy, i, n);
    const vfloat normalized = (load(dtype, x, i, n) - center) * scale;
    const vfloat gradient = multiply_subtract(output_gradient, load_f32(weight + i, n), average);
    store_f32(dweight + i, n, multiply_add(output_gradient, normalized, load_f32(dweight + i, n)));
    store_f32(dbias + i, n, load_f32(dbias + i, n) + output_gradient);
    store(dtype, dx, i, n, (gradient - normalized * slope) * scale);
  });
}

INLINE void layer_norm_backward_of(amp_dtype dtype, const void *dy, const void *x, const float *weight,
                                   const float *mean, const float *rstd, void *dx, float *dweight, float *dbias,
                                   float *block, size_t rows, size_t columns) {
  enum { rows_per_sum = 128 };
  memset(dweight, 0, columns * sizeof(float));
  memset(dbias, 0, columns * sizeof(float));
  memset(block, 0, 2 * columns * sizeof(float));
  for (size_t row = 0; row < rows; row++) {
    const size_t at = row * columns;
    layer_norm_backward_row(dtype, element(dtype, dy, at), element(dtype, x, at), weight, mean[row], rstd[row],
                            mutable_element(dtype, dx, at), block, columns);
    if ((row + 1) % rows_per_sum == 0 || row + 1 == rows) {
      fold(dweight, block, columns);
      fold(dbias, block + columns, columns);
    }
  }
}
static void layer_norm_backward(amp_dtype dtype, const void *dy, const void *x, const float *weight, const float *mean,
                                const float *rstd, void *dx, float *dweight, float *dbias, float *block, size_t rows,
                                size_t columns) {
  FOR_DTYPE(dtype, format,
            layer_norm_backward_of(format, dy, x, weight, mean, rstd, dx, dweight, dbias, block, rows, columns));
}
