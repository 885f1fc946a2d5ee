/* Checks of what a caller asks for, before oneDNN sees it. */
#ifndef CDNNL_SHAPE_H
#define CDNNL_SHAPE_H

#include "error.h"

/* A field of a shape and the least value it may have. */
typedef struct {
  const char *name;
  int64_t value, least;
} cdnnl_extent;

/* Fails where a field is below its least value or beyond INT32_MAX, which oneDNN's kernels use for single extents. */
cdnnl_status cdnnl_check_extents(const cdnnl_extent *extents, size_t count);

/* Fails where the number of bytes of a tensor at 4 bytes an element is beyond INT64_MAX. */
cdnnl_status cdnnl_check_size(const char *name, const int64_t *dimensions, size_t count);

cdnnl_status cdnnl_check_dtype(const char *name, cdnnl_dtype dtype);

/* "f32", "f16", "bf16", or "?" for no dtype. */
const char *cdnnl_dtype_name(cdnnl_dtype dtype);
dnnl_data_type_t cdnnl_data_type(cdnnl_dtype dtype);

/* Number of places of a window of `kernel` elements, `dilation` apart, along `size` elements padded on both sides:
   floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1. Fails where the window does not fit once. */
cdnnl_status cdnnl_window_count(const char *name, int64_t size, int64_t kernel, int64_t stride, int64_t padding,
                                int64_t dilation, int64_t *count);

#endif
