/* Channels last <-> channels first: every sample is a matrix (spatial, channels) that is transposed. No arithmetic, so
 * only the size of an element matters and one version serves all processors. */
#include "formats.h"
#include "parallel.h"

/* A tile of 16 x 16 elements touches 16 cache lines on either side. */
enum { tile = 16 };

typedef struct {
  const void *src;
  void *dst;
  size_t element_bytes, samples, rows, columns;
} transpose_job;

/* dst (columns, rows) = transpose of src (rows, columns), for source rows first..<last. */
#define DEFINE_TRANSPOSE(name, type)                                                                                   \
  static void name(const type *src, type *dst, size_t rows, size_t columns, size_t first, size_t last) {               \
    for (size_t left = 0; left < columns; left += tile) {                                                              \
      const size_t right = left + tile < columns ? left + tile : columns;                                              \
      for (size_t column = left; column < right; column++)                                                             \
        for (size_t row = first; row < last; row++)                                                                    \
          dst[column * rows + row] = src[row * columns + column];                                                      \
    }                                                                                                                  \
  }
DEFINE_TRANSPOSE(transpose_16_bits, uint16_t)
DEFINE_TRANSPOSE(transpose_32_bits, uint32_t)

static void run_transpose(void *context, int index, int count) {
  const transpose_job *job = context;
  const size_t strips = (job->rows + tile - 1) / tile, plane = job->rows * job->columns;
  const range part = part_of(job->samples * strips, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++) {
    const size_t sample = at / strips, first = at % strips * tile;
    const size_t last = first + tile < job->rows ? first + tile : job->rows;
    if (job->element_bytes == 2)
      transpose_16_bits((const uint16_t *)job->src + sample * plane, (uint16_t *)job->dst + sample * plane, job->rows,
                        job->columns, first, last);
    else
      transpose_32_bits((const uint32_t *)job->src + sample * plane, (uint32_t *)job->dst + sample * plane, job->rows,
                        job->columns, first, last);
  }
}

static void transpose(int threads, amp_dtype dtype, const void *src, void *dst, size_t samples, size_t rows,
                      size_t columns) {
  transpose_job job = {src, dst, element_size(dtype), samples, rows, columns};
  parallel_chunks(threads, chunk_count(threads, samples * rows * columns), run_transpose, &job);
}

void amp_channels_last_to_first(int threads, amp_dtype dtype, const void *src, void *dst, size_t n, size_t channels,
                                size_t spatial) {
  transpose(threads, dtype, src, dst, n, spatial, channels);
}

void amp_channels_first_to_last(int threads, amp_dtype dtype, const void *src, void *dst, size_t n, size_t channels,
                                size_t spatial) {
  transpose(threads, dtype, src, dst, n, channels, spatial);
}
