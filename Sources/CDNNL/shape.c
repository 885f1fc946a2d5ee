#include "shape.h"

#include <inttypes.h>

cdnnl_status cdnnl_check_extents(const cdnnl_extent *extents, size_t count) {
  for (size_t index = 0; index < count; index++) {
    const cdnnl_extent *extent = &extents[index];
    if (extent->value < extent->least || extent->value > INT32_MAX)
      return cdnnl_fail(CDNNL_FAILED, "%s is %" PRId64 ", must be in %" PRId64 " ... %" PRId32, extent->name,
                        extent->value, extent->least, INT32_MAX);
  }
  return CDNNL_OK;
}

cdnnl_status cdnnl_check_size(const char *name, const int64_t *dimensions, size_t count) {
  int64_t bytes = sizeof(float);
  for (size_t index = 0; index < count; index++)
    if (__builtin_mul_overflow(bytes, dimensions[index], &bytes))
      return cdnnl_fail(CDNNL_FAILED, "%s has more elements than memory can address", name);
  return CDNNL_OK;
}

cdnnl_status cdnnl_check_dtype(const char *name, cdnnl_dtype dtype) {
  switch (dtype) {
  case CDNNL_F32:
  case CDNNL_F16:
  case CDNNL_BF16:
    return CDNNL_OK;
  }
  return cdnnl_fail(CDNNL_FAILED, "%s is %d, which is no dtype", name, (int)dtype);
}

const char *cdnnl_dtype_name(cdnnl_dtype dtype) {
  switch (dtype) {
  case CDNNL_F32:
    return "f32";
  case CDNNL_F16:
    return "f16";
  case CDNNL_BF16:
    return "bf16";
  }
  return "?";
}

dnnl_data_type_t cdnnl_data_type(cdnnl_dtype dtype) {
  switch (dtype) {
  case CDNNL_F32:
    return dnnl_f32;
  case CDNNL_F16:
    return dnnl_f16;
  case CDNNL_BF16:
    return dnnl_bf16;
  }
  return dnnl_data_type_undef;
}

cdnnl_status cdnnl_window_count(const char *name, int64_t size, int64_t kernel, int64_t stride, int64_t padding,
                                int64_t dilation, int64_t *count) {
  /* All operands fit 32 bits, so nothing here overflows. */
  int64_t padded = size + 2 * padding, reach = dilation * (kernel - 1) + 1;
  if (reach > padded)
    return cdnnl_fail(CDNNL_FAILED, "%s: a window that reaches over %" PRId64 " does not fit %" PRId64 " with padding",
                      name, reach, padded);
  *count = (padded - reach) / stride + 1;
  return CDNNL_OK;
}
