/* Batch normalisation, backward: one pass that reduces, one that applies. */

/* Per-channel constants that both passes read, of one tile. */
typedef struct {
  vfloat mean[vectors_per_tile], scale[vectors_per_tile], bias[vectors_per_tile];
} batch_norm_forward_tile;

INLINE batch_norm_forward_tile load_forward_tile(const batch_norm_gradient_plan *plan, bool relu, size_t at,
                                                 size_t vectors, size_t n) {
  batch_norm_forward_tile tile;
  for (size_t v = 0; v < vectors; v++) {
    tile.mean[v] = load_f32(plan->mean + at + v * lanes, n);
    tile.scale[v] = load_f32(plan->scale + at + v * lanes, n);
    tile.bias[v] = relu ? load_f32(plan->bias + at + v * lanes, n) : zeros();
  }
  return tile;
}

/* dy where the fused relu let forward's result through, else 0. Rounding is monotonic: a result is above 0 in its
 * format iff it is above the largest number that is rounded to 0. */
INLINE vfloat load_passing(amp_dtype dtype, const void *dy, bool relu, vfloat deviation,
                           const batch_norm_forward_tile *tile, size_t v, size_t i, size_t n) {
  const vfloat gradient = load(dtype, dy, i, n);
  if (!relu)
    return gradient;
  const vfloat result = normalized(deviation, tile->scale[v], tile->bias[v]);
  return or_zero(is_less(broadcast(largest_rounded_to_zero(dtype)), result), gradient);
}

INLINE void add_gradient_sums(amp_dtype dtype, const void *dy, const void *x, const batch_norm_gradient_plan *plan,
                              bool relu, float *sum, float *sum_with_deviation, size_t rows, size_t channels, size_t at,
                              size_t vectors, size_t n) {
  const size_t strands = sums_per_tile / 2 / vectors;
  vfloat plain[sums_per_tile / 2], with_deviation[sums_per_tile / 2];
  for (size_t s = 0; s < strands * vectors; s++)
    plain[s] = with_deviation[s] = zeros();
  const batch_norm_forward_tile tile = load_forward_tile(plan, relu, at, vectors, n);
  size_t row = 0;
  for (; row + strands <= rows; row += strands)
    for (size_t s = 0; s < strands; s++)
      for (size_t v = 0; v < vectors; v++) {
        const size_t i = (row + s) * channels + at + v * lanes, k = s * vectors + v;
        const vfloat deviation = load(dtype, x, i, n) - tile.mean[v];
        const vfloat gradient = load_passing(dtype, dy, relu, deviation, &tile, v, i, n);
        plain[k] = plain[k] + gradient;
        with_deviation[k] = multiply_add(gradient, deviation, with_deviation[k]);
      }
  for (; row < rows; row++)
    for (size_t v = 0; v < vectors; v++) {
      const size_t i = row * channels + at + v * lanes;
      const vfloat deviation = load(dtype, x, i, n) - tile.mean[v];
      const vfloat gradient = load_passing(dtype, dy, relu, deviation, &tile, v, i, n);
      plain[v] = plain[v] + gradient;
      with_deviation[v] = multiply_add(gradient, deviation, with_deviation[v]);
    }
  for (size_t v = 0; v < vectors; v++) {
    for (size_t s = 1; s < strands; s++) {
      plain[v] = plain[v] + plain[s * vectors + v];
      with_deviation[v] = with_deviation[v] + with_deviation[s * vectors + v];
    }
    float *total = sum + at + v * lanes, *total_with_deviation = sum_with_deviation + at + v * lanes;
    store_f32(total, n, load_f32(total, n) + plain[v]);
    store_f32(total_with_deviation, n, load_f32(total_with_deviation, n) + with_deviation[v]);
  }
}

INLINE void batch_norm_gradient_sums_of(amp_dtype dtype, const void *dy, const void *x,
                                        const batch_norm_gradient_plan *plan, bool relu, float *sum,
                                        float *sum_with_deviation, size_t rows, size_t channels) {
  memset(sum, 0, channels * sizeof(float));
  memset(sum_with_deviation, 0, channels * sizeof(float));
  const size_t block = rows_per_block(channels);
  for (size_t row = 0; row < rows; row += block) {
    const size_t count = rows - row < block ? rows - row : block, first = row * channels;
    const void *dy_block = element(dtype, dy, first), *x_block = element(dtype, x, first);
    FOR_COLUMN_TILES(at, vectors, n, channels, {
      add_gradient_sums(dtype, dy_block, x_block, plan, relu, sum, sum_with_deviation, count, channels, at, vectors, n);
    });
  }
}
static void batch_norm_gradient_sums(amp_dtype dtype, const void *dy, const void *x,
                                     const batch_norm_gradient_plan *plan, float *sum, float *sum_with_deviation,
                                     size_t rows, size_t channels) {
  if (plan->bias != NULL)
    FOR_DTYPE(dtype, format,
              batch_norm_gradient_sums_of(format, dy, x, plan, true, sum, sum_with_deviation, rows, channels));
  else
    FOR_DTYPE(dtype, format,
              batch_norm_gradient_sums_of(format, dy, x, plan, false, sum, sum_with_deviation, rows, channels));
}

INLINE void batch_norm_gradient_apply_tile(amp_dtype dtype, const void *dy, const void *x,
                                           const batch_norm_gradient_plan *plan, bool relu, void *dx, size_t rows,
                                           size_t channels, size_t at, size_t vectors, size_t n) {
  const batch_norm_forward_tile tile = load_forward_tile(plan, relu, at, vectors, n);
  vfloat curve[vectors_per_tile], offset[vectors_per_tile];
  for (size_t v = 0; v < vectors; v++) {
    curve[v] = load_f32(plan->curve + at + v * lanes, n);
    offset[v] = load_f32(plan->offset + at + v * lanes, n);
  }
  for (size_t row = 0; row < rows; row++)
    for (size_t v = 0; v < vectors; v++) {
      const size_t i = row * channels + at + v * lanes;
      const vfloat deviation = load(dtype, x, i, n) - tile.mean[v];
      const vfloat gradient = load_passing(dtype, dy, relu, deviation, &tile, v, i, n);
      store(dtype, dx, i, n, multiply_add(tile.scale[v], gradient, multiply_add(curve[v], deviation, offset[v])));
    }
}

INLINE void batch_norm_gradient_apply_of(amp_dtype dtype, const void *dy, const void *x,
                                         const batch_norm_gradient_plan *plan, bool relu, void *dx, size_t rows,
                                         size_t channels) {
  const size_t block = rows_per_block(channels);
  for (size_t row = 0; row < rows; row += block) {
    const size_t count = rows - row < block ? rows - row : block, first = row * channels;
    const void *dy_block = element(dtype, dy, first), *x_block = element(dtype, x, first);
    void *dx_block = mutable_element(dtype, dx, first);
    FOR_COLUMN_TILES(at, vectors, n, channels, {
      batch_norm_gradient_apply_tile(dtype, dy_block, x_block, plan, relu, dx_block, count, channels, at, vectors, n);
    });
  }
}
static void batch_norm_gradient_apply(amp_dtype dtype, const void *dy, const void *x,
                                      const batch_norm_gradient_plan *plan, void *dx, size_t rows, size_t channels) {
  if (plan->bias != NULL)
    FOR_DTYPE(dtype, format, batch_norm_gradient_apply_of(format, dy, x, plan, true, dx, rows, channels));
  else
    FOR_DTYPE(dtype, format, batch_norm_gradient_apply_of(format, dy, x, plan, false, dx, rows, channels));
}
