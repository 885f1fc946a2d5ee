/* The specification of the enlargement of pictures. */
#include "reference.h"

#include <math.h>

#include "../upsample_axis.h"

#pragma STDC FP_CONTRACT OFF

void reference_upsample(amp_dtype dtype, const void *x, void *y, const upsample_plan *plan, size_t row) {
  const size_t channels = plan->channels, line = plan->width.inputs * channels;
  const upsample_source down = source_of(&plan->height, row);
  for (size_t column = 0; column < plan->width.inputs * plan->width.scale; column++) {
    const upsample_source right = source_of(&plan->width, column);
    for (size_t channel = 0; channel < channels; channel++) {
      const size_t first = right.first * channels + channel, second = right.second * channels + channel;
      float value = load_element(dtype, x, down.first * line + first);
      if (plan->width.bilinear) {
        const float top = fmaf(right.second_share, load_element(dtype, x, down.first * line + second),
                               right.first_share * value);
        const float bottom = fmaf(right.second_share, load_element(dtype, x, down.second * line + second),
                                  right.first_share * load_element(dtype, x, down.second * line + first));
        value = fmaf(down.second_share, bottom, down.first_share * top);
      }
      store_element(dtype, y, column * channels + channel, value);
    }
  }
}

void reference_upsample_backward(amp_dtype dtype, const void *dy, void *dx, const upsample_plan *plan, size_t row) {
  const size_t channels = plan->channels, line = plan->width.inputs * plan->width.scale * channels;
  const range rows = enlarged_from(&plan->height, row);
  for (size_t column = 0; column < plan->width.inputs; column++) {
    const range columns = enlarged_from(&plan->width, column);
    for (size_t channel = 0; channel < channels; channel++) {
      float sum = 0;
      for (size_t down = rows.begin; down < rows.end; down++)
        for (size_t right = columns.begin; right < columns.end; right++) {
          const float share = share_of(&plan->height, row, down) * share_of(&plan->width, column, right);
          sum = fmaf(share, load_element(dtype, dy, down * line + right * channels + channel), sum);
        }
      store_element(dtype, dx, column * channels + channel, sum);
    }
  }
}
