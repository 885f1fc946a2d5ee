/* Softmax over attention scores, and its gradient. */

/* Stores v rounded to one format in memory of the same or of a wider one. */
INLINE void store_rounded(amp_dtype rounding, amp_dtype stored, void *base, size_t index, size_t n, vfloat v) {
  store(stored, base, index, n, stored == rounding ? v : rounded(rounding, v));
}

/* The lanes to store of a vector at `at` in a row: all, where the row goes on that far, so that what belongs to no
 * element is written with the last one. A store that left those lanes out would hold up loads of what follows them. */
INLINE size_t lanes_left(size_t stride, size_t at) { return stride - at < lanes ? stride - at : lanes; }

/* v, with zeros beyond its first n lanes. */
INLINE vfloat or_zero_beyond(size_t n, vfloat v) { return n == lanes ? v : or_zero(first_lanes(n), v); }

INLINE void store_zeros(amp_dtype stored, void *base, size_t first, size_t last) {
  for (size_t at = first; at < last; at += lanes)
    store(stored, base, at, lanes_left(last, at), zeros());
}

/* The first multiple of the width of a vector from `count` on, but no more than the stride. */
INLINE size_t end_of_vectors(size_t count, size_t stride) {
  const size_t end = (count + lanes - 1) / lanes * lanes;
  return end < stride ? end : stride;
}

/* How many of the keys a row attends to. */
INLINE size_t visible_keys(const attention_plan *plan, size_t row) {
  if (!plan->causal)
    return plan->keys;
  const size_t query = row % plan->queries;
  return query + 1 < plan->keys ? query + 1 : plan->keys;
}

/* Of the scores of a row, in every lane that of its own. A NaN is the first operand and is passed over. */
INLINE vfloat largest_scores(const float *scores, size_t visible) {
  const vfloat nothing = broadcast(-__builtin_inff());
  vfloat largest = nothing;
  FOR_VECTORS(i, n, visible, {
    const vfloat score = load_f32(scores + i, n);
    largest = larger(n == lanes ? score : choose(first_lanes(n), score, nothing), largest);
  });
  return largest;
}

/* scores = 2^(factor * (scores - largest)) in a row; the sums, in every lane that of its own. They are NaN where a
 * score is NaN or largest is infinite. */
INLINE vfloat replace_by_powers(float *scores, float largest, float factor, size_t visible, size_t stride) {
  const vfloat shift = broadcast(largest), slope = broadcast(factor);
  vfloat sum = zeros(), power[vectors_per_tile];
  FOR_TILES(at, vectors, n, visible, {
    load_tile(AMP_F32, scores, at, vectors, n, power);
    EACH(v, vectors) power[v] = (power[v] - shift) * slope;
    powers_of_two(power, vectors);
    power[vectors - 1] = or_zero_beyond(n, power[vectors - 1]);
    const size_t last = n == lanes ? (size_t)lanes : lanes_left(stride, at + (vectors - 1) * lanes);
    EACH(v, vectors) store_f32(scores + at + v * lanes, lanes_of(v, vectors, last), power[v]);
    EACH(v, vectors) sum = sum + power[v];
  });
  return sum;
}

/* Each step runs over as many rows as there are lanes before the next one does: the lanes of all are then combined, and
 * their quotients and logarithms computed, at once. */
INLINE void attention_softmax_of(amp_dtype rounding, amp_dtype stored, float *scores, const attention_plan *plan,
                                 void *p, float *logsumexp, size_t first, size_t rows) {
  const size_t stride = plan->stride;
  const float factor = plan->scale * log2_of_e;
  vfloat each[lanes];
  float largest[lanes], shares[lanes];
  for (size_t row = rows; row < lanes; row++)
    each[row] = zeros();
  for (size_t row = 0; row < rows; row++)
    each[row] = largest_scores(scores + row * stride, visible_keys(plan, first + row));
  const vfloat maximum = largest_lanes(each);
  store_f32(largest, lanes, maximum);
  for (size_t row = 0; row < rows; row++)
    each[row] = replace_by_powers(scores + row * stride, largest[row], factor, visible_keys(plan, first + row), stride);
  const vfloat sum = sums_of_lanes(each);
  store_f32(shares, lanes, broadcast(1.0f) / sum);
  store_f32(logsumexp, rows, multiply_add(maximum, broadcast(plan->scale), logarithm(sum)));
  for (size_t row = 0; row < rows; row++) {
    const vfloat share = broadcast(shares[row]);
    const size_t at = row * stride, visible = visible_keys(plan, first + row);
    FOR_VECTORS(i, n, visible, {
      const vfloat probability = or_zero_beyond(n, load_f32(scores + at + i, n) * share);
      store_rounded(rounding, stored, p, at + i, n == lanes ? (size_t)lanes : lanes_left(stride, i), probability);
    });
    store_zeros(stored, p, at + end_of_vectors(visible, stride), at + stride);
  }
}
/* Rows at a time: as many as there are lanes, but no more than stay in a first-level cache. */
INLINE size_t rows_of_softmax(size_t stride) {
  enum { most_scores = 4096 };
  return stride * lanes <= most_scores ? lanes : stride < most_scores ? most_scores / stride : 1;
}
static void attention_softmax(float *scores, const attention_plan *plan, void *p, float *logsumexp, size_t first,
                              size_t rows) {
  const size_t most = rows_of_softmax(plan->stride);
  for (size_t row = 0; row < rows; row += most) {
    const size_t at = row * plan->stride, some = rows - row < most ? rows - row : most;
    FOR_DTYPE(plan->rounding, rounding,
              FOR_DTYPE(plan->stored, stored,
                        attention_softmax_of(rounding, stored, scores + at, plan, mutable_element(stored, p, at),
                                             logsumexp + row, first + row, some)));
  }
}

INLINE void attention_softmax_backward_of(amp_dtype rounding, amp_dtype stored, const attention_gradient *operands,
                                          const attention_plan *plan, void *p, void *ds, size_t first, size_t rows) {
  const vfloat scale = broadcast(plan->scale), log2e = broadcast(log2_of_e);
  const vmask all = first_lanes(lanes);
  vfloat probability[vectors_per_tile], difference[vectors_per_tile], other[vectors_per_tile];
  for (size_t key = first; key < first + rows; key++) {
    const size_t row = key * plan->stride, queries = key < plan->keys ? plan->queries : 0;
    /* Queries before the key do not see it. Vectors begin at multiples of their width. */
    const size_t hidden = !plan->causal ? 0 : key < queries ? key : queries, begin = hidden / lanes * lanes;
    const vmask seen = first_but_not_second(all, first_lanes(hidden - begin));
    store_zeros(stored, p, row, row + begin);
    store_zeros(stored, ds, row, row + begin);
    FOR_TILES(i, vectors, n, queries - begin, {
      const size_t query = begin + i;
      load_tile(AMP_F32, operands->scores, row + query, vectors, n, probability);
      load_tile(AMP_F32, operands->logsumexp, query, vectors, n, other);
      EACH(v, vectors) probability[v] = multiply_subtract(probability[v], scale, other[v]) * log2e;
      powers_of_two(probability, vectors);
      load_tile(AMP_F32, operands->dp, row + query, vectors, n, difference);
      load_tile(AMP_F32, operands->delta, query, vectors, n, other);
      EACH(v, vectors) difference[v] = scale * probability[v] * (difference[v] - other[v]);
      probability[0] = or_zero(i == 0 ? seen : all, probability[0]);
      difference[0] = or_zero(i == 0 ? seen : all, difference[0]);
      probability[vectors - 1] = or_zero_beyond(n, probability[vectors - 1]);
      difference[vectors - 1] = or_zero_beyond(n, difference[vectors - 1]);
      const size_t last = n == lanes ? (size_t)lanes : lanes_left(plan->stride, query + (vectors - 1) * lanes);
      EACH(v, vectors) {
        const size_t at = row + query + v * lanes;
        store_rounded(rounding, stored, p, at, lanes_of(v, vectors, last), probability[v]);
        store_rounded(rounding, stored, ds, at, lanes_of(v, vectors, last), difference[v]);
      }
    });
    store_zeros(stored, p, row + end_of_vectors(queries, plan->stride), row + plan->stride);
    store_zeros(stored, ds, row + end_of_vectors(queries, plan->stride), row + plan->stride);
  }
}
static void attention_softmax_backward(const attention_gradient *operands, const attention_plan *plan, void *p,
                                       void *ds, size_t first, size_t rows) {
  FOR_DTYPE(plan->rounding, rounding,
            FOR_DTYPE(plan->stored, stored,
                      attention_softmax_backward_of(rounding, stored, operands, plan, p, ds, first, rows)));
}

INLINE float dot_product(amp_dtype dtype, const void *x, const void *y, size_t columns) {
  vsums sum = no_sums();
  FOR_STRANDS(i, n, strand, columns, {
    sum.of[strand] = multiply_add(load(dtype, x, i, n), load(dtype, y, i, n), sum.of[strand]);
  });
  return total_of_strands(&sum);
}
INLINE void dot_products_of(amp_dtype dtype, const void *x, size_t x_stride, const void *y, size_t y_stride,
                            float *products, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++)
    products[row] = dot_product(dtype, element(dtype, x, row * x_stride), element(dtype, y, row * y_stride), columns);
}
static void dot_products(amp_dtype dtype, const void *x, size_t x_stride, const void *y, size_t y_stride,
                         float *products, size_t rows, size_t columns) {
  FOR_DTYPE(dtype, format, dot_products_of(format, x, x_stride, y, y_stride, products, rows, columns));
}
