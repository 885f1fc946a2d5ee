/* Batch normalisation: channels across lanes, tiles of channels in registers, blocks of rows small enough for the first
 * cache so that a second look at a block costs no memory traffic. */

/* Rows taken together before the next tile of channels: many where one tile spans the row, few where the tiles jump, so
 * that wide rows too are read and written front to back. */
INLINE size_t rows_per_block(size_t channels) {
  enum { rows_of_one_tile = 128, rows_of_several = 4 };
  return channels <= vectors_per_tile * lanes ? rows_of_one_tile : rows_of_several;
}

/* Running sums per tile: enough independent ones to hide the latency of the addition. */
enum { sums_per_tile = 8 };

/* Mean and squared deviations of `rows` rows of one tile, combined (Chan, Golub & LeVeque 1983) with those of the
 * `seen` rows before it, which mean and squared_deviations hold. */
INLINE void add_moments(amp_dtype dtype, const void *x, size_t rows, size_t channels, size_t seen, float *mean,
                        float *squared_deviations, size_t at, size_t vectors, size_t n) {
  const size_t strands = sums_per_tile / vectors;
  vfloat sum[sums_per_tile], center[vectors_per_tile];
  for (size_t s = 0; s < strands * vectors; s++)
    sum[s] = zeros();
  size_t row = 0;
  for (; row + strands <= rows; row += strands)
    for (size_t s = 0; s < strands; s++)
      for (size_t v = 0; v < vectors; v++)
        sum[s * vectors + v] = sum[s * vectors + v] + load(dtype, x, (row + s) * channels + at + v * lanes, n);
  for (; row < rows; row++)
    for (size_t v = 0; v < vectors; v++)
      sum[v] = sum[v] + load(dtype, x, row * channels + at + v * lanes, n);
  for (size_t v = 0; v < vectors; v++) {
    for (size_t s = 1; s < strands; s++)
      sum[v] = sum[v] + sum[s * vectors + v];
    center[v] = sum[v] / broadcast((float)rows);
  }

  for (size_t s = 0; s < strands * vectors; s++)
    sum[s] = zeros();
  for (row = 0; row + strands <= rows; row += strands)
    for (size_t s = 0; s < strands; s++)
      for (size_t v = 0; v < vectors; v++) {
        const vfloat deviation = load(dtype, x, (row + s) * channels + at + v * lanes, n) - center[v];
        sum[s * vectors + v] = multiply_add(deviation, deviation, sum[s * vectors + v]);
      }
  for (; row < rows; row++)
    for (size_t v = 0; v < vectors; v++) {
      const vfloat deviation = load(dtype, x, row * channels + at + v * lanes, n) - center[v];
      sum[v] = multiply_add(deviation, deviation, sum[v]);
    }

  const double together = (double)(seen + rows);
  const vfloat share = broadcast((float)((double)rows / together));
  const vfloat cross = broadcast((float)((double)seen * (double)rows / together));
  for (size_t v = 0; v < vectors; v++) {
    for (size_t s = 1; s < strands; s++)
      sum[v] = sum[v] + sum[s * vectors + v];
    float *old_mean = mean + at + v * lanes, *old_squares = squared_deviations + at + v * lanes;
    const vfloat before = load_f32(old_mean, n), distance = center[v] - before;
    store_f32(old_mean, n, multiply_add(distance, share, before));
    store_f32(old_squares, n, multiply_add(distance * distance, cross, load_f32(old_squares, n) + sum[v]));
  }
}

INLINE void batch_norm_moments_of(amp_dtype dtype, const void *x, size_t rows, size_t channels, float *mean,
                                  float *squared_deviations) {
  memset(mean, 0, channels * sizeof(float));
  memset(squared_deviations, 0, channels * sizeof(float));
  const size_t block = rows_per_block(channels);
  for (size_t row = 0; row < rows; row += block) {
    const size_t count = rows - row < block ? rows - row : block;
    const void *from = element(dtype, x, row * channels);
    FOR_COLUMN_TILES(at, vectors, n, channels,
                     { add_moments(dtype, from, count, channels, row, mean, squared_deviations, at, vectors, n); });
  }
}
static void batch_norm_moments(amp_dtype dtype, const void *x, size_t rows, size_t channels, float *mean,
                               float *squared_deviations) {
  FOR_DTYPE(dtype, format, batch_norm_moments_of(format, x, rows, channels, mean, squared_deviations));
}

/* Not yet rounded to the format. Backward computes it again, and has to find the same bits. */
INLINE vfloat normalized(vfloat deviation, vfloat scale, vfloat bias) { return multiply_add(deviation, scale, bias); }

INLINE void batch_norm_apply_tile(amp_dtype dtype, const void *x, const float *mean, const float *scale,
                                  const float *bias, bool relu, void *y, size_t rows, size_t stride, size_t at,
                                  size_t vectors, size_t n) {
  vfloat means[vectors_per_tile], scales[vectors_per_tile], biases[vectors_per_tile];
  for (size_t v = 0; v < vectors; v++) {
    means[v] = load_f32(mean + at + v * lanes, n);
    scales[v] = load_f32(scale + at + v * lanes, n);
    biases[v] = load_f32(bias + at + v * lanes, n);
  }
  for (size_t row = 0; row < rows; row++)
    for (size_t v = 0; v < vectors; v++) {
      const size_t i = row * stride + at + v * lanes;
      const vfloat value = normalized(load(dtype, x, i, n) - means[v], scales[v], biases[v]);
      store(dtype, y, i, n, relu ? positive_part(value) : value);
    }
}

INLINE void batch_norm_apply_of(amp_dtype dtype, const void *x, const float *mean, const float *scale,
                                const float *bias, bool relu, void *y, size_t rows, size_t channels, size_t stride) {
  const size_t block = rows_per_block(channels);
  for (size_t row = 0; row < rows; row += block) {
    const size_t count = rows - row < block ? rows - row : block;
    const void *from = element(dtype, x, row * stride);
    void *to = mutable_element(dtype, y, row * stride);
    FOR_COLUMN_TILES(at, vectors, n, channels, {
      batch_norm_apply_tile(dtype, from, mean, scale, bias, relu, to, count, stride, at, vectors, n);
    });
  }
}
static void batch_norm_apply(amp_dtype dtype, const void *x, const float *mean, const float *scale, const float *bias,
                             bool relu, void *y, size_t rows, size_t channels, size_t stride) {
  FOR_DTYPE(dtype, format, batch_norm_apply_of(format, x, mean, scale, bias, relu, y, rows, channels, stride));
}
