/* Dropout, with the draws of two vectors at a time. */

INLINE void drop(amp_dtype dtype, const void *x, void *y, size_t i, size_t n, vint random, const dropout_plan *plan) {
  const vfloat kept = load(dtype, x, i, n) * broadcast(plan->scale);
  store(dtype, y, i, n, or_zero(is_at_least(random, plan->threshold), kept));
}

INLINE void dropout_of(amp_dtype dtype, const void *x, void *y, size_t count, size_t first, const dropout_plan *plan) {
  vint block = add_64(broadcast_64(first / 4), interleaved_order());
  const vint step = broadcast_64(lanes / 2);
  size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const draws random = draw(block, plan->seed, plan->attempt, plan->operation);
    drop(dtype, x, y, i, lanes, random.first, plan);
    drop(dtype, x, y, i + lanes, lanes, random.second, plan);
    block = add_64(block, step);
  }
  if (i < count) {
    const draws random = draw(block, plan->seed, plan->attempt, plan->operation);
    const size_t left = count - i;
    drop(dtype, x, y, i, left < lanes ? left : lanes, random.first, plan);
    if (left > lanes)
      drop(dtype, x, y, i + lanes, left - lanes, random.second, plan);
  }
}
static void dropout(amp_dtype dtype, const void *x, void *y, size_t count, size_t first, const dropout_plan *plan) {
  FOR_DTYPE(dtype, format, dropout_of(format, x, y, count, first, plan));
}
