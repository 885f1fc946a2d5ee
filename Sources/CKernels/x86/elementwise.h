/* Elementwise kernels. */

INLINE void cast_between(amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count) {
  FOR_VECTORS(i, n, count, {
    const vfloat value = load(from, src, i, n);
    /* Every other conversion makes NaN quiet by itself; bf16 to fp32 only moves bits. */
    store(to, dst, i, n, from == AMP_BF16 && to == AMP_F32 ? quiet(value) : value);
  });
}
static void cast(amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count) {
  FOR_DTYPE(from, source, FOR_DTYPE(to, result, cast_between(source, src, result, dst, count)));
}

/* Zero where negative; the second operand, the value itself, where it is NaN. */
INLINE vfloat positive_part(vfloat value) { return larger(zeros(), value); }

INLINE void bias_activation_between(amp_dtype x_dtype, const void *x, amp_dtype bias_dtype, const void *bias, bool relu,
                                    amp_dtype y_dtype, void *y, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++) {
    const void *from = element(x_dtype, x, row * columns);
    void *to = mutable_element(y_dtype, y, row * columns);
    FOR_VECTORS(i, n, columns, {
      vfloat value = load(x_dtype, from, i, n);
      if (bias != NULL)
        value = value + load(bias_dtype, bias, i, n);
      store(y_dtype, to, i, n, relu ? positive_part(value) : value);
    });
  }
}
static void bias_activation(amp_dtype x_dtype, const void *x, amp_dtype bias_dtype, const void *bias, bool relu,
                            amp_dtype y_dtype, void *y, size_t rows, size_t columns) {
  FOR_DTYPE(
      x_dtype, source,
      FOR_DTYPE(y_dtype, result, bias_activation_between(source, x, bias_dtype, bias, relu, result, y, rows, columns)));
}

INLINE void relu_of(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_VECTORS(i, n, count, { store(dtype, y, i, n, positive_part(load(dtype, x, i, n))); });
}
static void relu(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_DTYPE(dtype, format, relu_of(format, x, y, count));
}

INLINE void relu_backward_of(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  FOR_VECTORS(i, n, count, {
    const vmask passes = is_less(zeros(), load(dtype, y, i, n));
    store(dtype, dx, i, n, or_zero(passes, load(dtype, dy, i, n)));
  });
}
static void relu_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  FOR_DTYPE(dtype, format, relu_backward_of(format, dy, y, dx, count));
}

INLINE void add_of(amp_dtype dtype, const void *x, const void *y, void *z, size_t count) {
  FOR_VECTORS(i, n, count, { store(dtype, z, i, n, load(dtype, x, i, n) + load(dtype, y, i, n)); });
}
static void add(amp_dtype dtype, const void *x, const void *y, void *z, size_t count) {
  FOR_DTYPE(dtype, format, add_of(format, x, y, z, count));
}

INLINE void multiply_of(amp_dtype dtype, const void *x, const void *y, void *z, size_t count) {
  FOR_VECTORS(i, n, count, { store(dtype, z, i, n, load(dtype, x, i, n) * load(dtype, y, i, n)); });
}
static void multiply(amp_dtype dtype, const void *x, const void *y, void *z, size_t count) {
  FOR_DTYPE(dtype, format, multiply_of(format, x, y, z, count));
}

INLINE void accumulate_of(amp_dtype dtype, const void *gradient, float *accumulator, size_t count, bool first) {
  FOR_VECTORS(i, n, count, {
    const vfloat value = load(dtype, gradient, i, n);
    store_f32(accumulator + i, n, first ? value : load_f32(accumulator + i, n) + value);
  });
}
static void accumulate(amp_dtype dtype, const void *gradient, float *accumulator, size_t count, bool first) {
  FOR_DTYPE(dtype, format, accumulate_of(format, gradient, accumulator, count, first));
}
