/* The specification of max pooling. */
#include "reference.h"

#include <math.h>

#include "../pool_windows.h"

#pragma STDC FP_CONTRACT OFF

static void store_position(const max_pool_plan *plan, void *positions, size_t index, size_t position) {
  if (plan->position_size == sizeof(uint8_t))
    ((uint8_t *)positions)[index] = (uint8_t)position;
  else
    ((int32_t *)positions)[index] = (int32_t)position;
}

static size_t load_position(const max_pool_plan *plan, const void *positions, size_t index) {
  return plan->position_size == sizeof(uint8_t) ? ((const uint8_t *)positions)[index]
                                                : (size_t)((const int32_t *)positions)[index];
}

void reference_max_pool(amp_dtype dtype, const void *x, void *y, void *positions, const max_pool_plan *plan,
                        size_t row) {
  const range rows = offsets_inside(&plan->height, row);
  for (size_t column = 0; column < plan->width.outputs; column++) {
    const range columns = offsets_inside(&plan->width, column);
    for (size_t channel = 0; channel < plan->channels; channel++) {
      float largest = -INFINITY;
      size_t position = rows.begin * plan->width.kernel + columns.begin;
      for (size_t down = rows.begin; down < rows.end; down++)
        for (size_t right = columns.begin; right < columns.end; right++) {
          const size_t pixel =
              pixel_at(&plan->height, row, down) * plan->width.inputs + pixel_at(&plan->width, column, right);
          const float value = load_element(dtype, x, pixel * plan->channels + channel);
          if (value > largest || isnan(value)) {
            largest = value;
            position = down * plan->width.kernel + right;
          }
        }
      store_element(dtype, y, column * plan->channels + channel, largest);
      store_position(plan, positions, column * plan->channels + channel, position);
    }
  }
}

void reference_max_pool_backward(amp_dtype dtype, const void *dy, const void *positions, void *dx,
                                 const max_pool_plan *plan, size_t row) {
  const range rows = windows_over(&plan->height, row);
  for (size_t column = 0; column < plan->width.inputs; column++) {
    const range columns = windows_over(&plan->width, column);
    for (size_t channel = 0; channel < plan->channels; channel++) {
      float sum = 0;
      for (size_t window_row = rows.begin; window_row < rows.end; window_row++)
        for (size_t window_column = columns.begin; window_column < columns.end; window_column++) {
          const size_t window = window_row * plan->width.outputs + window_column;
          const size_t position = offset_of(&plan->height, window_row, row) * plan->width.kernel +
                                  offset_of(&plan->width, window_column, column);
          if (load_position(plan, positions, window * plan->channels + channel) == position)
            sum += load_element(dtype, dy, window * plan->channels + channel);
        }
      store_element(dtype, dx, column * plan->channels + channel, sum);
    }
  }
}
