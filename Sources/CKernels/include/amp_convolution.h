/* Convolutions as products of matrices: pictures unfolded into the windows that a filter sees. */
#ifndef AMP_CONVOLUTION_H
#define AMP_CONVOLUTION_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x (N, C, H, W) and windows of (KH, KW) pixels that begin `stride` apart, the first `padding` pixels before the picture;
   OH x OW windows a sample. */
typedef struct {
  size_t channels, height, width;
  size_t kernel_height, kernel_width, stride_height, stride_width, padding_height, padding_width;
  size_t output_height, output_width;
} amp_windows;

/* rows (samples * OH * OW, KH * KW * C) = every window of x (samples, C, H, W) as one row, pixel after pixel, with zeros
   outside the picture. Moves elements of a format on the calling thread. */
void amp_im2row(amp_dtype dtype, const void *x, const amp_windows *windows, size_t samples, void *rows);

/* columns (KH * KW, samples * OH * OW) = every window of x (samples, 1, H, W) as one column: the transpose of im2row for a
   single channel, row by row of the picture instead of pixel by pixel; torch.nn.functional.unfold. Ignores
   windows->channels. */
void amp_im2col(amp_dtype dtype, const void *x, const amp_windows *windows, size_t samples, void *columns);

/* flipped (C, O, KH, KW) from filters (O, C, KH, KW), turned by 180 degrees: the gradient of a convolution of stride 1
   with respect to x is a convolution of dy with these, padded by KH - 1 - padding (Dumoulin and Visin 2016, "A guide to
   convolution arithmetic", section 4). spatial = KH * KW. */
void amp_flip_filters(int threads, amp_dtype dtype, const void *filters, void *flipped, size_t outputs, size_t channels,
                      size_t spatial);

#ifdef __cplusplus
}
#endif

#endif
