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

/* rows (samples * OH * OW, row) = every window of x (samples, 1, H, W) as one row of `row` elements, KH * KW pixels and then
   zeros: im2row of a single channel, each row of a window moved as amp_window_span elements. KW is at most that.
   `picture` is a place for (H + 2 * padding) x (W + 2 * padding) + amp_window_span elements; rows have room for
   amp_window_span elements more than they have. Ignores windows->channels. */
enum { amp_window_span = 8 };
void amp_im2row_filled(amp_dtype dtype, const void *x, const amp_windows *windows, size_t samples, size_t row, void *picture,
                       void *rows);

/* flipped (C, O, KH, KW) from filters (O, C, KH, KW), turned by 180 degrees: the gradient of a convolution of stride 1
   with respect to x is a convolution of dy with these, padded by KH - 1 - padding (Dumoulin and Visin 2016, "A guide to
   convolution arithmetic", section 4). spatial = KH * KW. */
void amp_flip_filters(int threads, amp_dtype dtype, const void *filters, void *flipped, size_t outputs, size_t channels,
                      size_t spatial);

/* Filters (O, C, KH, KW) as the matrix (places * O, pixels * C) that takes some pixels of a picture to all of its outputs:
   y (N, places * O) = x (N, pixels * C) times its transpose. tap[place * pixels + pixel] is the tap, of `taps` = KH * KW,
   with which a place sees a pixel, or -1: then the matrix is zero there. places * pixels and taps are at most
   amp_filter_matrix_size. */
enum { amp_filter_matrix_size = 64 };
typedef struct {
  size_t places, pixels, taps;
  int8_t tap[amp_filter_matrix_size];
} amp_filter_matrix;

/* matrix (places * O, pixels * C) of filters (O, C, KH, KW). */
void amp_filters_to_matrix(int threads, amp_dtype dtype, const void *filters, const amp_filter_matrix *shape,
                           size_t outputs, size_t channels, void *matrix);

/* filters (O, C, KH, KW) of a matrix of one place; taps that see no pixel are zero. */
void amp_matrix_to_filters(int threads, amp_dtype dtype, const void *matrix, const amp_filter_matrix *shape,
                           size_t outputs, size_t channels, void *filters);

/* filters (O, C, KH, KW), each the sum of what the matrix has for its tap, in the order of the places: the gradient of
   filters from that of their matrix. The matrix is overwritten. */
void amp_matrix_sums_to_filters(int threads, float *matrix, const amp_filter_matrix *shape, size_t outputs,
                                size_t channels, float *filters);

#ifdef __cplusplus
}
#endif

#endif
