/* Sums over rows and over gradients, and pooling. */

enum { rows_at_once = 8, groups_per_block = 64 };

/* block[j] += the sum of `count` rows (a constant) of column j. Eight streams read forward side by side. */
INLINE void add_rows(amp_dtype dtype, const void *x, size_t columns, size_t count, float *block) {
  FOR_VECTORS(i, n, columns, {
    vfloat sum = load(dtype, x, i, n);
    for (size_t row = 1; row < count; row++)
      sum = sum + load(dtype, x, row * columns + i, n);
    store_f32(block + i, n, load_f32(block + i, n) + sum);
  });
}

/* total += block; block = 0. Blocks keep the rounding error from growing with the number of rows. */
INLINE void fold(float *total, float *block, size_t columns) {
  FOR_VECTORS(i, n, columns, {
    store_f32(total + i, n, load_f32(total + i, n) + load_f32(block + i, n));
    store_f32(block + i, n, zeros());
  });
}

INLINE void column_sum_of(amp_dtype dtype, const void *x, size_t rows, size_t columns, float *total, float *block) {
  memset(total, 0, columns * sizeof(float));
  memset(block, 0, columns * sizeof(float));
  size_t row = 0;
  for (size_t group = 1; row + rows_at_once <= rows; row += rows_at_once, group++) {
    add_rows(dtype, element(dtype, x, row * columns), columns, rows_at_once, block);
    if (group % groups_per_block == 0)
      fold(total, block, columns);
  }
  for (; row < rows; row++)
    add_rows(dtype, element(dtype, x, row * columns), columns, 1, block);
  fold(total, block, columns);
}
static void column_sum(amp_dtype dtype, const void *x, size_t rows, size_t columns, float *total, float *block) {
  FOR_DTYPE(dtype, format, column_sum_of(format, x, rows, columns, total, block));
}

INLINE void gradient_scan_of(amp_dtype dtype, const void *gradient, size_t count, float inverse_scale,
                             amp_gradient_statistics *result) {
  const vfloat factor = broadcast(inverse_scale);
  vfloat largest = zeros();
  magnitude_counts counts = no_magnitudes();
  vdouble squares = no_sum();
  FOR_VECTORS(i, n, count, {
    const vfloat value = load(dtype, gradient, i, n);
    const vmask finite = count_magnitudes(&counts, magnitude_bits(value), n);
    const vfloat unscaled = or_zero(finite, value * factor);
    largest = larger(magnitude(unscaled), largest);
    squares = add_squares(squares, unscaled);
  });
  const amp_tensor_counters found = counters_of(&counts, no_counters(), count);
  *result = (amp_gradient_statistics){
      .sum_of_squares = total_of(squares),
      .largest = largest_lane(largest),
      .non_finite = found.infinities + found.nans,
      .zeros = found.zeros,
      .infinities = found.infinities,
      .nans = found.nans,
  };
}
static void gradient_scan(amp_dtype dtype, const void *gradient, size_t count, float inverse_scale,
                          amp_gradient_statistics *result) {
  FOR_DTYPE(dtype, format, gradient_scan_of(format, gradient, count, inverse_scale, result));
}

/* Several running sums per column hide the latency of the addition. */
INLINE void average_tile(amp_dtype dtype, const void *x, void *y, size_t rows, size_t channels, size_t at,
                         size_t vectors, size_t n) {
  enum { sums = 4 };
  vfloat sum[sums][vectors_per_tile];
  for (size_t s = 0; s < sums; s++)
    for (size_t v = 0; v < vectors; v++)
      sum[s][v] = zeros();
  size_t row = 0;
  for (; row + sums <= rows; row += sums)
    for (size_t s = 0; s < sums; s++)
      for (size_t v = 0; v < vectors; v++)
        sum[s][v] = sum[s][v] + load(dtype, x, (row + s) * channels + at + v * lanes, n);
  for (; row < rows; row++)
    for (size_t v = 0; v < vectors; v++)
      sum[0][v] = sum[0][v] + load(dtype, x, row * channels + at + v * lanes, n);
  for (size_t v = 0; v < vectors; v++) {
    const vfloat total = (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]);
    store(dtype, y, at + v * lanes, n, total / broadcast((float)rows));
  }
}
INLINE void average_rows_of(amp_dtype dtype, const void *x, void *y, size_t rows, size_t channels) {
  FOR_COLUMN_TILES(at, vectors, n, channels, { average_tile(dtype, x, y, rows, channels, at, vectors, n); });
}
static void average_rows(amp_dtype dtype, const void *x, void *y, size_t rows, size_t channels) {
  FOR_DTYPE(dtype, format, average_rows_of(format, x, y, rows, channels));
}

INLINE void spread_rows_of(amp_dtype dtype, const void *dy, void *dx, size_t rows, size_t channels) {
  FOR_VECTORS(i, n, channels, {
    const vfloat share = load(dtype, dy, i, n) / broadcast((float)rows);
    for (size_t row = 0; row < rows; row++)
      store(dtype, dx, row * channels + i, n, share);
  });
}
static void spread_rows(amp_dtype dtype, const void *dy, void *dx, size_t rows, size_t channels) {
  FOR_DTYPE(dtype, format, spread_rows_of(format, dy, dx, rows, channels));
}
