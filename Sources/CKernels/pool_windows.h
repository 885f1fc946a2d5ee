/* Which pixels a pooling window holds and which windows hold a pixel, along one dimension of the picture. */
#ifndef CKERNELS_POOL_WINDOWS_H
#define CKERNELS_POOL_WINDOWS_H

#include "kernel_set.h"
#include "parallel.h"

/* The offsets within a window that lie in the picture, not in the padding. Never empty: padding is at most half of the
   window. */
static inline range offsets_inside(const pool_axis *axis, size_t window) {
  const size_t start = window * axis->stride, end = axis->inputs + axis->padding; /* counted from the padding */
  return (range){start < axis->padding ? axis->padding - start : 0,
                 end - start < axis->kernel ? end - start : axis->kernel};
}

/* The pixel at an offset of offsets_inside. */
static inline size_t pixel_at(const pool_axis *axis, size_t window, size_t offset) {
  return window * axis->stride + offset - axis->padding;
}

/* The windows that hold a pixel; begin >= end where none does. */
static inline range windows_over(const pool_axis *axis, size_t pixel) {
  const size_t place = pixel + axis->padding, end = place / axis->stride + 1;
  return (range){place < axis->kernel ? 0 : (place - axis->kernel) / axis->stride + 1,
                 end < axis->outputs ? end : axis->outputs};
}

/* The offset of a pixel within a window that holds it. */
static inline size_t offset_of(const pool_axis *axis, size_t window, size_t pixel) {
  return pixel + axis->padding - window * axis->stride;
}

#endif
