/* Pictures unfolded into windows. No arithmetic, so only the size of an element matters and one version serves all
 * processors. */
#include <stdint.h>
#include <string.h>

#include "formats.h"
#include "parallel.h"

/* Which pixels of a window lie inside the picture, along one dimension: first..<last of `kernel`, from `start` on. */
typedef struct {
  ptrdiff_t start;
  size_t first, last;
} inside;

static inline inside clip(size_t window, size_t stride, size_t padding, size_t kernel, size_t extent) {
  const ptrdiff_t start = (ptrdiff_t)(window * stride) - (ptrdiff_t)padding, left = (ptrdiff_t)extent - start;
  const size_t first = start < 0 ? (size_t)-start : 0;
  const size_t last = left < 0 ? 0 : (size_t)left < kernel ? (size_t)left : kernel;
  return (inside){start, first < last ? first : last, last};
}

/* Runs of pixels are short: a call of memcpy for each would take longer than the copy. */
static inline void copy_short(char *dst, const char *src, size_t bytes) {
  while (bytes >= 32) {
    __builtin_memcpy(dst, src, 32);
    dst += 32, src += 32, bytes -= 32;
  }
  for (; bytes >= 4; dst += 4, src += 4, bytes -= 4)
    __builtin_memcpy(dst, src, 4);
  if (bytes > 0)
    __builtin_memcpy(dst, src, 2);
}

void amp_im2row(amp_dtype dtype, const void *x, const amp_windows *windows, size_t samples, void *rows) {
  const amp_windows w = *windows;
  const size_t pixel = w.channels * element_size(dtype), line = w.width * pixel, run = w.kernel_width * pixel;
  char *out = rows;
  for (size_t sample = 0; sample < samples; sample++) {
    const char *picture = (const char *)x + sample * w.height * line;
    for (size_t oh = 0; oh < w.output_height; oh++) {
      const inside vertical = clip(oh, w.stride_height, w.padding_height, w.kernel_height, w.height);
      for (size_t ow = 0; ow < w.output_width; ow++) {
        const inside horizontal = clip(ow, w.stride_width, w.padding_width, w.kernel_width, w.width);
        const size_t before = horizontal.first * pixel, after = horizontal.last * pixel;
        for (size_t row = 0; row < w.kernel_height; row++, out += run) {
          if (row < vertical.first || row >= vertical.last) {
            memset(out, 0, run);
            continue;
          }
          const char *from = picture + (size_t)(vertical.start + (ptrdiff_t)row) * line;
          if (before > 0)
            memset(out, 0, before);
          copy_short(out + before, from + (horizontal.start + (ptrdiff_t)horizontal.first) * (ptrdiff_t)pixel,
                     after - before);
          if (after < run)
            memset(out + after, 0, run - after);
        }
      }
    }
  }
}

/* Windows along one dimension whose pixel `offset` lies inside the picture: first..<last. */
static inline range windows_inside(size_t offset, size_t stride, size_t padding, size_t extent, size_t count) {
  const size_t first = offset < padding ? (padding - offset + stride - 1) / stride : 0;
  const size_t last = offset < extent + padding ? (extent + padding - offset - 1) / stride + 1 : 0;
  const size_t end = last < count ? last : count;
  return (range){first < end ? first : end, end};
}

/* dst[i] = src[i * stride] */
#define DEFINE_PICK(name, type)                                                                                        \
  static inline void name(type *dst, const type *src, size_t count, size_t stride) {                                   \
    for (size_t index = 0; index < count; index++)                                                                     \
      dst[index] = src[index * stride];                                                                                \
  }
DEFINE_PICK(pick_16_bits, uint16_t)
DEFINE_PICK(pick_32_bits, uint32_t)

void amp_im2col(amp_dtype dtype, const void *x, const amp_windows *windows, size_t samples, void *columns) {
  const amp_windows w = *windows;
  const size_t element = element_size(dtype), line = w.width * element, out_line = w.output_width * element;
  char *out = columns;
  for (size_t row = 0; row < w.kernel_height; row++) {
    const range lines = windows_inside(row, w.stride_height, w.padding_height, w.height, w.output_height);
    for (size_t column = 0; column < w.kernel_width; column++) {
      const range places = windows_inside(column, w.stride_width, w.padding_width, w.width, w.output_width);
      const size_t count = places.end - places.begin;
      const size_t from_column = places.begin * w.stride_width + column - w.padding_width;
      for (size_t sample = 0; sample < samples; sample++) {
        const char *picture = (const char *)x + sample * w.height * line;
        for (size_t oh = 0; oh < w.output_height; oh++, out += out_line) {
          if (oh < lines.begin || oh >= lines.end || count == 0) {
            memset(out, 0, out_line);
            continue;
          }
          const char *from = picture + (oh * w.stride_height + row - w.padding_height) * line + from_column * element;
          char *to = out + places.begin * element;
          memset(out, 0, places.begin * element);
          if (w.stride_width == 1)
            copy_short(to, from, count * element);
          else if (element == 2)
            pick_16_bits((uint16_t *)to, (const uint16_t *)from, count, w.stride_width);
          else
            pick_32_bits((uint32_t *)to, (const uint32_t *)from, count, w.stride_width);
          memset(to + count * element, 0, (w.output_width - places.end) * element);
        }
      }
    }
  }
}

/* A row of a window is moved with what lies behind it; the next one, and zeros after the last, go over that. */
#define DEFINE_FILL(name, type)                                                                                        \
  static void name(const type *x, amp_windows w, size_t samples, size_t row, type *picture, type *out) {               \
    enum { bytes = amp_window_span * sizeof(type) };                                                                   \
    const size_t line = w.width + 2 * w.padding_width, lines = w.height + 2 * w.padding_height;                        \
    const size_t taps = w.kernel_height * w.kernel_width;                                                              \
    memset(picture, 0, (lines * line + amp_window_span) * sizeof(type));                                               \
    const type zeros[amp_window_span] = {0};                                                                           \
    for (size_t sample = 0; sample < samples; sample++) {                                                              \
      for (size_t y = 0; y < w.height; y++, x += w.width)                                                              \
        memcpy(picture + (y + w.padding_height) * line + w.padding_width, x, w.width * sizeof(type));                  \
      for (size_t oh = 0; oh < w.output_height; oh++)                                                                  \
        for (size_t ow = 0; ow < w.output_width; ow++, out += row) {                                                   \
          const type *from = picture + oh * w.stride_height * line + ow * w.stride_width;                              \
          type *to = out;                                                                                              \
          for (size_t kh = 0; kh < w.kernel_height; kh++, from += line, to += w.kernel_width)                          \
            __builtin_memcpy(to, from, bytes);                                                                         \
          for (size_t behind = taps; behind < row; behind += amp_window_span)                                          \
            __builtin_memcpy(out + behind, zeros, bytes);                                                              \
        }                                                                                                              \
    }                                                                                                                  \
  }
DEFINE_FILL(fill_16_bits, uint16_t)
DEFINE_FILL(fill_32_bits, uint32_t)

void amp_im2row_filled(amp_dtype dtype, const void *x, const amp_windows *windows, size_t samples, size_t row, void *picture,
                       void *rows) {
  if (element_size(dtype) == 2)
    fill_16_bits(x, *windows, samples, row, picture, rows);
  else
    fill_32_bits(x, *windows, samples, row, picture, rows);
}

typedef struct {
  const void *filters;
  void *flipped;
  size_t element_bytes, outputs, channels, spatial;
} flip_job;

#define DEFINE_FLIP(name, type)                                                                                        \
  static void name(const flip_job *job, range channels) {                                                              \
    const type *filters = job->filters;                                                                                \
    type *flipped = job->flipped;                                                                                      \
    for (size_t channel = channels.begin; channel < channels.end; channel++)                                           \
      for (size_t output = 0; output < job->outputs; output++) {                                                       \
        const type *from = filters + (output * job->channels + channel) * job->spatial;                                \
        type *to = flipped + (channel * job->outputs + output) * job->spatial;                                         \
        for (size_t place = 0; place < job->spatial; place++)                                                          \
          to[place] = from[job->spatial - 1 - place];                                                                  \
      }                                                                                                                \
  }
DEFINE_FLIP(flip_16_bits, uint16_t)
DEFINE_FLIP(flip_32_bits, uint32_t)

static void run_flip(void *context, int index, int count) {
  const flip_job *job = context;
  const range channels = part_of(job->channels, index, count, 1);
  if (job->element_bytes == 2)
    flip_16_bits(job, channels);
  else
    flip_32_bits(job, channels);
}

void amp_flip_filters(int threads, amp_dtype dtype, const void *filters, void *flipped, size_t outputs, size_t channels,
                      size_t spatial) {
  flip_job job = {filters, flipped, element_size(dtype), outputs, channels, spatial};
  parallel_chunks(threads, chunk_count(threads, outputs * channels * spatial), run_flip, &job);
}
