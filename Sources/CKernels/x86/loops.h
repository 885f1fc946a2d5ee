/* How the kernel bodies walk over memory: whole vectors, then one that is cut short; formats as compile-time constants.
 */

INLINE vfloat load(amp_dtype dtype, const void *base, size_t index, size_t n) {
  switch (dtype) {
  case AMP_F32: return load_f32((const float *)base + index, n);
  case AMP_F16: return from_f16(load_16_bits((const uint16_t *)base + index, n));
  case AMP_BF16: return from_bf16(load_16_bits((const uint16_t *)base + index, n));
  }
  __builtin_unreachable();
}

INLINE void store(amp_dtype dtype, void *base, size_t index, size_t n, vfloat v) {
  switch (dtype) {
  case AMP_F32: store_f32((float *)base + index, n, v); break;
  case AMP_F16: store_16_bits((uint16_t *)base + index, n, to_f16(v)); break;
  case AMP_BF16: store_16_bits((uint16_t *)base + index, n, to_bf16(v)); break;
  }
}

/* v as it is once it was stored in the format. */
INLINE vfloat rounded(amp_dtype dtype, vfloat v) {
  switch (dtype) {
  case AMP_F32: return v;
  case AMP_F16: return from_f16(to_f16(v));
  case AMP_BF16: return rounded_to_bf16(v);
  }
  __builtin_unreachable();
}

/* Runs the statements for index i = 0, lanes, 2 * lanes, ... with n lanes to work on. n is a constant but for the last.
 */
#define FOR_VECTORS(i, n, count, ...)                                                                                  \
  do {                                                                                                                 \
    size_t i = 0;                                                                                                      \
    for (; i + lanes <= (count); i += lanes) {                                                                         \
      enum { n = lanes };                                                                                              \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
    if (i < (count)) {                                                                                                 \
      const size_t n = (count) - i;                                                                                    \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
  } while (0)

/* Independent sums that hide the latency of the addition. */
enum { strands = 4 };
typedef struct {
  vfloat of[strands];
} vsums;

INLINE vsums no_sums(void) { return (vsums){{zeros(), zeros(), zeros(), zeros()}}; }
INLINE float total_of_strands(const vsums *sums) {
  return sum_of_lanes((sums->of[0] + sums->of[1]) + (sums->of[2] + sums->of[3]));
}

/* The same as FOR_VECTORS, with the strand to which a vector belongs. */
#define FOR_STRANDS(i, n, strand, count, ...)                                                                          \
  do {                                                                                                                 \
    size_t i = 0;                                                                                                      \
    while (i + strands * lanes <= (count))                                                                             \
      for (size_t strand = 0; strand < strands; strand++, i += lanes) {                                                \
        enum { n = lanes };                                                                                            \
        __VA_ARGS__                                                                                                    \
      }                                                                                                                \
    for (; i + lanes <= (count); i += lanes) {                                                                         \
      enum { n = lanes, strand = 0 };                                                                                  \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
    if (i < (count)) {                                                                                                 \
      enum { strand = 1 };                                                                                             \
      const size_t n = (count) - i;                                                                                    \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
  } while (0)

/* Runs the statements for tiles of columns: at column `at`, `vectors` vectors wide (a constant), the last of which has
 * n lanes to work on. */
#define FOR_COLUMN_TILES(at, vectors, n, columns, ...)                                                                 \
  do {                                                                                                                 \
    size_t at = 0;                                                                                                     \
    for (; at + vectors_per_tile * lanes <= (columns); at += vectors_per_tile * lanes) {                               \
      enum { vectors = vectors_per_tile, n = lanes };                                                                  \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
    if (vectors_per_tile > 2 && at + 2 * lanes <= (columns)) {                                                         \
      enum { vectors = 2, n = lanes };                                                                                 \
      __VA_ARGS__                                                                                                      \
      at += 2 * lanes;                                                                                                 \
    }                                                                                                                  \
    if (at + lanes <= (columns)) {                                                                                     \
      enum { vectors = 1, n = lanes };                                                                                 \
      __VA_ARGS__                                                                                                      \
      at += lanes;                                                                                                     \
    }                                                                                                                  \
    if (at < (columns)) {                                                                                              \
      enum { vectors = 1 };                                                                                            \
      const size_t n = (columns) - at;                                                                                 \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
  } while (0)

/* Long chains of dependent operations are written for the vectors of a tile side by side, step by step: the few dozen
 * instructions that a processor looks ahead are then independent ones.
 *
 * Runs the statements for tiles of elements: from index `at`, `vectors` vectors wide (a constant), the last of which
 * has n lanes to work on. */
#define FOR_TILES(at, vectors, n, count, ...)                                                                          \
  do {                                                                                                                 \
    size_t at = 0;                                                                                                     \
    for (; at + vectors_per_tile * lanes <= (count); at += vectors_per_tile * lanes) {                                 \
      enum { vectors = vectors_per_tile, n = lanes };                                                                  \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
    if (at < (count)) {                                                                                                \
      const size_t whole = ((count) - at - 1) / lanes, n = (count) - at - whole * lanes;                               \
      LAST_TILE(0, whole, vectors, __VA_ARGS__)                                                                        \
      LAST_TILE(1, whole, vectors, __VA_ARGS__)                                                                        \
      LAST_TILE(2, whole, vectors, __VA_ARGS__)                                                                        \
      LAST_TILE(3, whole, vectors, __VA_ARGS__)                                                                        \
    }                                                                                                                  \
  } while (0)
#define LAST_TILE(wanted, whole, vectors, ...)                                                                         \
  if (wanted < vectors_per_tile && whole == wanted) {                                                                  \
    enum { vectors = wanted + 1 };                                                                                     \
    __VA_ARGS__                                                                                                        \
  }

/* Lanes to work on in one vector of a tile. */
INLINE size_t lanes_of(size_t vector, size_t vectors, size_t n) { return vector + 1 < vectors ? lanes : n; }

/* Runs the statement for every vector of a tile. */
#define EACH(vector, vectors) for (size_t vector = 0; vector < (vectors); vector++)

INLINE void load_tile(amp_dtype dtype, const void *base, size_t at, size_t vectors, size_t n, vfloat *tile) {
  EACH(v, vectors) tile[v] = load(dtype, base, at + v * lanes, lanes_of(v, vectors, n));
}

/* Runs the statement with `constant` naming the value of dtype at compile time. */
#define FOR_DTYPE(dtype, constant, ...)                                                                                \
  do {                                                                                                                 \
    switch (dtype) {                                                                                                   \
    case AMP_F32: {                                                                                                    \
      enum { constant = AMP_F32 };                                                                                     \
      __VA_ARGS__;                                                                                                     \
      break;                                                                                                           \
    }                                                                                                                  \
    case AMP_F16: {                                                                                                    \
      enum { constant = AMP_F16 };                                                                                     \
      __VA_ARGS__;                                                                                                     \
      break;                                                                                                           \
    }                                                                                                                  \
    case AMP_BF16: {                                                                                                   \
      enum { constant = AMP_BF16 };                                                                                    \
      __VA_ARGS__;                                                                                                     \
      break;                                                                                                           \
    }                                                                                                                  \
    }                                                                                                                  \
  } while (0)

/* Runs the statements for pairs of vectors from index `at` (vectors is 2, n lanes) as long as there are whole ones, and
 * for single vectors (vectors is 1) after them. The lanes of a pair are in an order of the format's own: what goes into
 * and out of one computation must be read and written by the functions below. */
#define FOR_PAIRS(at, vectors, n, count, ...)                                                                          \
  do {                                                                                                                 \
    size_t at = 0;                                                                                                     \
    for (; at + 2 * lanes <= (count); at += 2 * lanes) {                                                               \
      enum { vectors = 2, n = lanes };                                                                                 \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
    for (; at < (count); at += lanes) {                                                                                \
      enum { vectors = 1 };                                                                                            \
      const size_t n = (count) - at < lanes ? (count) - at : lanes;                                                    \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
  } while (0)

INLINE void load_pair(amp_dtype dtype, const void *base, size_t at, size_t vectors, size_t n, vfloat *pair) {
  if (vectors == 2 && dtype == AMP_BF16)
    load_pair_bf16((const uint16_t *)base + at, pair);
  else
    load_tile(dtype, base, at, vectors, n, pair);
}

/* fp32 numbers that meet those of the format. */
INLINE void load_f32_pair(amp_dtype dtype, const float *base, size_t at, size_t vectors, size_t n, vfloat *pair) {
  if (vectors == 2 && dtype == AMP_BF16)
    load_f32_as_pair_of_bf16(base + at, pair);
  else
    load_tile(AMP_F32, base, at, vectors, n, pair);
}

INLINE void store_pair(amp_dtype dtype, void *base, size_t at, size_t vectors, size_t n, const vfloat *pair) {
  if (vectors == 2 && dtype == AMP_BF16)
    store_pair_bf16((uint16_t *)base + at, pair);
  else
    EACH(v, vectors) store(dtype, base, at + v * lanes, n, pair[v]);
}
