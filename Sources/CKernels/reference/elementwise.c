/* The specification of the elementwise kernels. */
#include "reference.h"

#include <math.h>

#include "../philox.h"

#pragma STDC FP_CONTRACT OFF

void reference_cast(amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float value = load_element(from, src, i);
    /* Only the step from bf16 to fp32 moves bits unchanged and would keep a signalling NaN. */
    store_element(to, dst, i, isnan(value) ? float_from_bits(float_bits(value) | 0x00400000u) : value);
  }
}

static float relu_of(float value) { return value < 0 ? 0 : value; }

void reference_bias_activation(amp_dtype x_dtype, const void *x, amp_dtype bias_dtype, const void *bias, bool relu,
                               amp_dtype y_dtype, void *y, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column++) {
      float value = load_element(x_dtype, x, row * columns + column);
      if (bias != NULL)
        value += load_element(bias_dtype, bias, column);
      store_element(y_dtype, y, row * columns + column, relu ? relu_of(value) : value);
    }
}

void reference_relu(amp_dtype dtype, const void *x, void *y, size_t count) {
  for (size_t i = 0; i < count; i++)
    store_element(dtype, y, i, relu_of(load_element(dtype, x, i)));
}

void reference_relu_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  for (size_t i = 0; i < count; i++)
    store_element(dtype, dx, i, load_element(dtype, y, i) > 0 ? load_element(dtype, dy, i) : 0);
}

void reference_add(amp_dtype dtype, const void *x, const void *y, void *z, size_t count) {
  for (size_t i = 0; i < count; i++)
    store_element(dtype, z, i, load_element(dtype, x, i) + load_element(dtype, y, i));
}

void reference_multiply(amp_dtype dtype, const void *x, const void *y, void *z, size_t count) {
  for (size_t i = 0; i < count; i++)
    store_element(dtype, z, i, load_element(dtype, x, i) * load_element(dtype, y, i));
}

void reference_accumulate(amp_dtype dtype, const void *gradient, float *accumulator, size_t count, bool first) {
  for (size_t i = 0; i < count; i++) {
    const float value = load_element(dtype, gradient, i);
    accumulator[i] = first ? value : accumulator[i] + value;
  }
}

void reference_dropout(amp_dtype dtype, const void *x, void *y, size_t count, size_t first, const dropout_plan *plan) {
  uint32_t draws[4];
  for (size_t i = 0; i < count; i++) {
    if (i % 4 == 0) {
      const uint32_t counter[4] = {(uint32_t)((first + i) / 4), (uint32_t)plan->attempt,
                                   (uint32_t)(plan->attempt >> 32), plan->operation};
      philox4x32(plan->seed, counter, draws);
    }
    store_element(dtype, y, i, draws[i % 4] >= plan->threshold ? load_element(dtype, x, i) * plan->scale : 0);
  }
}
