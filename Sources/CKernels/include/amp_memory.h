/* Conversions and moves of memory. */
#ifndef AMP_MEMORY_H
#define AMP_MEMORY_H

#include "amp_dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* dst[i] = src[i] in another format; count elements, rounded once. from == to copies the bits. Exact whatever
   amp_flush_denormals has set. */
void amp_cast(int threads, amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count);

/* (N, H, W, C) -> (N, C, H, W) in memory, and back, for elements of a format; spatial = H * W. */
void amp_channels_last_to_first(int threads, amp_dtype dtype, const void *src, void *dst, size_t n, size_t channels,
                                size_t spatial);
void amp_channels_first_to_last(int threads, amp_dtype dtype, const void *src, void *dst, size_t n, size_t channels,
                                size_t spatial);

/* Row r of dst = row r of src, row_bytes bytes each; rows begin src_stride and dst_stride bytes apart. src_stride 0
   repeats one row. A slice, a concatenation and an expansion are calls of this. */
void amp_copy_rows(int threads, const void *src, size_t src_stride, void *dst, size_t dst_stride, size_t rows,
                   size_t row_bytes);

/* dst = `bytes` bytes of zero, which is 0 in every format. */
void amp_fill_zero(int threads, void *dst, size_t bytes);

/* y (batch, picks, columns) = rows of x (batch, rows, columns), chosen by indices (batch, picks) within their own batch
   entry: torch.gather along the rows with the index expanded over the columns, and, with a batch of 1,
   torch.nn.functional.embedding. An index outside 0..<rows gives a row of NaN. */
void amp_gather_rows(int threads, amp_dtype dtype, const void *x, const int64_t *indices, void *y, size_t batch,
                     size_t rows, size_t picks, size_t columns);

/* Bytes of scratch for amp_scatter_add_rows. */
size_t amp_scatter_add_rows_scratch(int threads, amp_dtype dtype, size_t batch, size_t rows, size_t picks,
                                    size_t columns);
/* The gradient of amp_gather_rows: dx (batch, rows, columns), every row the sum of the rows of dy
   (batch, picks, columns) whose index names it, zero where none does. An index outside 0..<rows adds nothing. Summed in
   fp32 in the order of the picks, rounded once. The same bits in every kernel set and for every `threads`. */
void amp_scatter_add_rows(int threads, amp_dtype dtype, const void *dy, const int64_t *indices, void *dx, size_t batch,
                          size_t rows, size_t picks, size_t columns, void *scratch);

#ifdef __cplusplus
}
#endif
#endif
