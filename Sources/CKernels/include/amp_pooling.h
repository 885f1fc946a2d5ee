/* Pooling, and the enlargement of pictures. */
#ifndef AMP_POOLING_H
#define AMP_POOLING_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Global average pooling: x (N, H*W, C) in memory -> y (N, C), both of dtype, mean over H*W in fp32. */
void amp_global_average_pool(int threads, amp_dtype dtype, const void *x, void *y, size_t n, size_t spatial,
                             size_t channels);
/* dx (N, H*W, C) = dy (N, C) / (H*W). */
void amp_global_average_pool_backward(int threads, amp_dtype dtype, const void *dy, void *dx, size_t n, size_t spatial,
                                      size_t channels);

/* Geometry of a 2-d pooling. Padding is at most half of the kernel, on either side. The result has
   OH = (h + 2 * padding_h - kernel_h) / stride_h + 1 rows, rounded down, and OW columns likewise. */
typedef struct {
  size_t n, h, w, channels, kernel_h, kernel_w, stride_h, stride_w, padding_h, padding_w;
} amp_pool_shape;

/* Bytes of one position: 1 (uint8_t) where a window has at most 255 elements, else 4 (int32_t). */
size_t amp_pool_position_size(const amp_pool_shape *shape);

/* Max pooling: x (N, H, W, C) in memory -> y (N, OH, OW, C), both of dtype, and where the maximum of each window
   stands in it: positions (N, OH, OW, C), row * kernel_w + column, padding counted. As torch.nn.functional.max_pool2d:
   the first among equals wins, a NaN over everything, the last among NaNs; padding never. The same bits in every
   kernel set and for every `threads`. */
void amp_max_pool(int threads, amp_dtype dtype, const void *x, void *y, void *positions, const amp_pool_shape *shape);
/* dx (N, H, W, C) = sum of dy (N, OH, OW, C) over the windows whose maximum stands there, in fp32 in the order of the
   windows; rounded once. The same bits in every kernel set and for every `threads`. */
void amp_max_pool_backward(int threads, amp_dtype dtype, const void *dy, const void *positions, void *dx,
                           const amp_pool_shape *shape);

/* Geometry of an enlargement by a whole number `scale` >= 1 in both directions. */
typedef struct {
  size_t n, h, w, channels, scale;
  bool bilinear;
} amp_upsample_shape;

/* x (N, H, W, C) in memory -> y (N, H * scale, W * scale, C), both of dtype, as torch.nn.functional.interpolate: the
   nearest pixel, or (bilinear) between the centres of pixels with align_corners=False. The same bits in every kernel
   set and for every `threads`. */
void amp_upsample(int threads, amp_dtype dtype, const void *x, void *y, const amp_upsample_shape *shape);
/* dx (N, H, W, C) = sum of dy (N, H * scale, W * scale, C) over the pixels that a pixel contributed to, times its share
   in them, in fp32 row by row; rounded once. The same bits in every kernel set and for every `threads`. */
void amp_upsample_backward(int threads, amp_dtype dtype, const void *dy, void *dx, const amp_upsample_shape *shape);

#ifdef __cplusplus
}
#endif
#endif
