/* Enlargement of pictures: channels across lanes. */

/* One row of y where it repeats the pixels of one row of x. */
INLINE void repeat_pixels(amp_dtype dtype, const void *x, void *y, size_t pixels, size_t scale, size_t channels) {
  for (size_t pixel = 0; pixel < pixels; pixel++)
    FOR_VECTORS(i, n, channels, {
      const vfloat value = load(dtype, x, pixel * channels + i, n);
      for (size_t k = 0; k < scale; k++)
        store(dtype, y, (pixel * scale + k) * channels + i, n, value);
    });
}

INLINE void upsample_of(amp_dtype dtype, const void *x, void *y, const upsample_plan *plan, size_t row) {
  const upsample_axis *width = &plan->width;
  const size_t channels = plan->channels, line = width->inputs * channels;
  const upsample_source down = source_of(&plan->height, row);
  const void *top = element(dtype, x, down.first * line), *bottom = element(dtype, x, down.second * line);
  if (!width->bilinear) {
    repeat_pixels(dtype, top, y, width->inputs, width->scale, channels);
    return;
  }
  const vfloat top_share = broadcast(down.first_share), bottom_share = broadcast(down.second_share);
  for (size_t column = 0; column < width->inputs * width->scale; column++) {
    const upsample_source right = source_of(width, column);
    const size_t first = right.first * channels, second = right.second * channels;
    const vfloat first_share = broadcast(right.first_share), second_share = broadcast(right.second_share);
    FOR_VECTORS(i, n, channels, {
      const vfloat above = multiply_add(second_share, load(dtype, top, second + i, n),
                                        first_share * load(dtype, top, first + i, n));
      const vfloat below = multiply_add(second_share, load(dtype, bottom, second + i, n),
                                        first_share * load(dtype, bottom, first + i, n));
      store(dtype, y, column * channels + i, n, multiply_add(bottom_share, below, top_share * above));
    });
  }
}
static void upsample(amp_dtype dtype, const void *x, void *y, const upsample_plan *plan, size_t row) {
  FOR_DTYPE(dtype, format, upsample_of(format, x, y, plan, row));
}

/* dx of one pixel and one tile of channels. */
INLINE void gather_enlarged(amp_dtype dtype, const void *dy, void *dx, const upsample_plan *plan, size_t row,
                            size_t column, size_t at, size_t vectors, size_t n) {
  const upsample_axis *height = &plan->height, *width = &plan->width;
  const size_t channels = plan->channels, line = width->inputs * width->scale * channels;
  const range rows = enlarged_from(height, row), columns = enlarged_from(width, column);
  vfloat sum[vectors_per_tile];
  for (size_t v = 0; v < vectors; v++)
    sum[v] = zeros();
  for (size_t down = rows.begin; down < rows.end; down++) {
    const float row_share = share_of(height, row, down);
    for (size_t right = columns.begin; right < columns.end; right++) {
      const vfloat share = broadcast(row_share * share_of(width, column, right));
      for (size_t v = 0; v < vectors; v++)
        sum[v] = multiply_add(share, load(dtype, dy, down * line + right * channels + at + v * lanes, n), sum[v]);
    }
  }
  for (size_t v = 0; v < vectors; v++)
    store(dtype, dx, column * channels + at + v * lanes, n, sum[v]);
}

INLINE void upsample_backward_of(amp_dtype dtype, const void *dy, void *dx, const upsample_plan *plan, size_t row) {
  for (size_t column = 0; column < plan->width.inputs; column++)
    FOR_COLUMN_TILES(at, vectors, n, plan->channels,
                     { gather_enlarged(dtype, dy, dx, plan, row, column, at, vectors, n); });
}
static void upsample_backward(amp_dtype dtype, const void *dy, void *dx, const upsample_plan *plan, size_t row) {
  FOR_DTYPE(dtype, format, upsample_backward_of(format, dy, dx, plan, row));
}
