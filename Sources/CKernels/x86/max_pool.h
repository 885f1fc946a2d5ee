/* Max pooling: channels across lanes. */

/* One window: `rows` and `columns` are its offsets inside the picture, `corner` the pixel at the first of them. */
INLINE void pool_window(amp_dtype dtype, const void *corner, void *y, void *positions, const max_pool_plan *plan,
                        size_t kernel, range rows, range columns) {
  const size_t channels = plan->channels, line = plan->width.inputs * channels;
  FOR_VECTORS(i, n, channels, {
    vfloat best = broadcast(-__builtin_inff());
    vint position = broadcast_32((uint32_t)(rows.begin * kernel + columns.begin));
    for (size_t down = rows.begin; down < rows.end; down++)
      for (size_t right = columns.begin; right < columns.end; right++) {
        const size_t at = (down - rows.begin) * line + (right - columns.begin) * channels + i;
        const vfloat value = load(dtype, corner, at, n);
        const vmask wins = either(is_less(best, value), is_nan(value));
        best = choose(wins, value, best);
        position = choose_32(wins, broadcast_32((uint32_t)(down * kernel + right)), position);
      }
    store(dtype, y, i, n, best);
    store_integers(plan->position_size, positions, i, n, position);
  });
}

INLINE void max_pool_of(amp_dtype dtype, const void *x, void *y, void *positions, const max_pool_plan *plan,
                        size_t row) {
  const pool_axis *height = &plan->height, *width = &plan->width;
  const range rows = offsets_inside(height, row), two = {0, 2};
  const void *top = element(dtype, x, pixel_at(height, row, rows.begin) * width->inputs * plan->channels);
  for (size_t column = 0; column < width->outputs; column++) {
    const range columns = offsets_inside(width, column);
    const void *corner = element(dtype, top, pixel_at(width, column, columns.begin) * plan->channels);
    void *largest = mutable_element(dtype, y, column * plan->channels);
    void *winners = (char *)positions + column * plan->channels * plan->position_size;
    /* The most frequent window with its loops unrolled. */
    if (width->kernel == 2 && rows.begin == 0 && rows.end == 2 && columns.begin == 0 && columns.end == 2)
      pool_window(dtype, corner, largest, winners, plan, 2, two, two);
    else
      pool_window(dtype, corner, largest, winners, plan, width->kernel, rows, columns);
  }
}
static void max_pool(amp_dtype dtype, const void *x, void *y, void *positions, const max_pool_plan *plan, size_t row) {
  FOR_DTYPE(dtype, format, max_pool_of(format, x, y, positions, plan, row));
}

/* dx where windows may share pixels: every pixel asks the windows that hold it. */
INLINE void gather_row(amp_dtype dtype, const void *dy, const void *positions, void *dx, const max_pool_plan *plan,
                       size_t row) {
  const pool_axis *height = &plan->height, *width = &plan->width;
  const size_t channels = plan->channels;
  const range rows = windows_over(height, row);
  for (size_t column = 0; column < width->inputs; column++) {
    const range columns = windows_over(width, column);
    FOR_VECTORS(i, n, channels, {
      vfloat sum = zeros();
      for (size_t window_row = rows.begin; window_row < rows.end; window_row++)
        for (size_t window_column = columns.begin; window_column < columns.end; window_column++) {
          const size_t at = (window_row * width->outputs + window_column) * channels + i;
          const size_t own =
              offset_of(height, window_row, row) * width->kernel + offset_of(width, window_column, column);
          const vint winner = load_integers(plan->position_size, positions, at, n);
          const vmask won = is_equal_32(winner, broadcast_32((uint32_t)own));
          sum = sum + or_zero(won, load(dtype, dy, at, n));
        }
      store(dtype, dx, column * channels + i, n, sum);
    });
  }
}

/* Stores v where the mask is set, else zero. Rounding comes first, so that for one v it is done once. */
INLINE void store_or_zero(amp_dtype dtype, void *base, size_t index, size_t n, vmask m, vfloat v) {
  switch (dtype) {
  case AMP_F32: store_f32((float *)base + index, n, or_zero(m, v)); break;
  case AMP_F16: store_16_bits((uint16_t *)base + index, n, or_zero_16_bits(m, to_f16(v))); break;
  case AMP_BF16: store_16_bits((uint16_t *)base + index, n, or_zero_16_bits(m, to_bf16(v))); break;
  }
}

/* Hands dy of one window out to `count` pixels of a row from `to` on, the first of which has position `first`. */
INLINE void scatter_window(amp_dtype dtype, const void *dy, const void *positions, void *to, const max_pool_plan *plan,
                           size_t first, size_t count) {
  FOR_VECTORS(i, n, plan->channels, {
    const vfloat gradient = zeros() + load(dtype, dy, i, n); /* -0 becomes 0, as in a sum */
    const vint winner = load_integers(plan->position_size, positions, i, n);
    for (size_t k = 0; k < count; k++)
      store_or_zero(dtype, to, k * plan->channels + i, n, is_equal_32(winner, broadcast_32((uint32_t)(first + k))),
                    gradient);
  });
}

/* dx where no two windows share a pixel: every window hands out its dy. */
INLINE void scatter_row(amp_dtype dtype, const void *dy, const void *positions, void *dx, const max_pool_plan *plan,
                        size_t row) {
  const pool_axis *height = &plan->height, *width = &plan->width;
  const size_t channels = plan->channels, pixel_size = channels * element_size(dtype);
  const range rows = windows_over(height, row);
  size_t done = 0; /* pixels written; those between windows, beside and below the last ones belong to none */
  for (size_t window = 0; rows.begin < rows.end && window < width->outputs; window++) {
    const range columns = offsets_inside(width, window);
    const size_t first = pixel_at(width, window, columns.begin), count = columns.end - columns.begin;
    const size_t from = (rows.begin * width->outputs + window) * channels;
    const size_t position = offset_of(height, rows.begin, row) * width->kernel + columns.begin;
    const void *gradient = element(dtype, dy, from), *winners = (const char *)positions + from * plan->position_size;
    void *to = mutable_element(dtype, dx, first * channels);
    if (first > done)
      memset(mutable_element(dtype, dx, done * channels), 0, (first - done) * pixel_size);
    if (count == 2)
      scatter_window(dtype, gradient, winners, to, plan, position, 2);
    else
      scatter_window(dtype, gradient, winners, to, plan, position, count);
    done = first + count;
  }
  memset(mutable_element(dtype, dx, done * channels), 0, (width->inputs - done) * pixel_size);
}

INLINE void max_pool_backward_of(amp_dtype dtype, const void *dy, const void *positions, void *dx,
                                 const max_pool_plan *plan, size_t row) {
  if (plan->height.kernel <= plan->height.stride && plan->width.kernel <= plan->width.stride)
    scatter_row(dtype, dy, positions, dx, plan, row);
  else
    gather_row(dtype, dy, positions, dx, plan, row);
}
static void max_pool_backward(amp_dtype dtype, const void *dy, const void *positions, void *dx,
                              const max_pool_plan *plan, size_t row) {
  FOR_DTYPE(dtype, format, max_pool_backward_of(format, dy, positions, dx, plan, row));
}
