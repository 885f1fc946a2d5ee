/* Which pixels an enlarged pixel is made of and which enlarged pixels a pixel goes into, along one dimension of the
 * picture. */
#ifndef CKERNELS_UPSAMPLE_AXIS_H
#define CKERNELS_UPSAMPLE_AXIS_H

#include "kernel_set.h"
#include "parallel.h"

/* The two pixels beside the centre of an enlarged one, at the end of the picture the same twice, and their shares. */
typedef struct {
  size_t first, second;
  float first_share, second_share;
} upsample_source;

/* Bilinear: the centre of enlarged pixel o lies at (o + 1/2) / scale - 1/2 pixels, or at 0 where that is negative.
   Times 2 * scale these are whole numbers. */
static inline upsample_source source_of(const upsample_axis *axis, size_t enlarged) {
  if (!axis->bilinear)
    return (upsample_source){enlarged / axis->scale, enlarged / axis->scale, 1, 0};
  const size_t unit = 2 * axis->scale, centre = 2 * enlarged + 1;
  const size_t place = centre > axis->scale ? centre - axis->scale : 0, first = place / unit;
  const float second_share = (float)(place % unit) / (float)unit;
  return (upsample_source){first, first + 1 < axis->inputs ? first + 1 : first, 1 - second_share, second_share};
}

/* The enlarged pixels that a pixel goes into. Never empty. */
static inline range enlarged_from(const upsample_axis *axis, size_t pixel) {
  if (!axis->bilinear)
    return (range){pixel * axis->scale, (pixel + 1) * axis->scale};
  /* The first enlarged pixel whose centre is at or beyond pixel p > 0 is p * scale + scale / 2. */
  const size_t before = pixel > 0 ? pixel - 1 : 0, half = axis->scale / 2;
  return (range){before > 0 ? before * axis->scale + half : 0,
                 pixel + 1 < axis->inputs ? (pixel + 1) * axis->scale + half : axis->inputs * axis->scale};
}

/* A pixel's share in an enlarged pixel of enlarged_from. */
static inline float share_of(const upsample_axis *axis, size_t pixel, size_t enlarged) {
  const upsample_source source = source_of(axis, enlarged);
  return (source.first == pixel ? source.first_share : 0) + (source.second == pixel ? source.second_share : 0);
}

#endif
