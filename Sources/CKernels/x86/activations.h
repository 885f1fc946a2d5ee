/* Smooth activations. */

INLINE void gelu_of(amp_dtype dtype, const void *x, void *y, size_t count) {
  vfloat value[vectors_per_tile], distribution[vectors_per_tile], density[vectors_per_tile];
  FOR_TILES(i, vectors, n, count, {
    load_tile(dtype, x, i, vectors, n, value);
    normals(value, distribution, density, vectors);
    EACH(v, vectors) store(dtype, y, i + v * lanes, lanes_of(v, vectors, n), value[v] * distribution[v]);
  });
}
static void gelu(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_DTYPE(dtype, format, gelu_of(format, x, y, count));
}

INLINE void gelu_backward_of(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count) {
  vfloat value[vectors_per_tile], distribution[vectors_per_tile], density[vectors_per_tile], slope[vectors_per_tile];
  FOR_TILES(i, vectors, n, count, {
    load_tile(dtype, x, i, vectors, n, value);
    normals(value, distribution, density, vectors);
    EACH(v, vectors) slope[v] = multiply_add(value[v], density[v], distribution[v]);
    load_tile(dtype, dy, i, vectors, n, value);
    EACH(v, vectors) store(dtype, dx, i + v * lanes, lanes_of(v, vectors, n), value[v] * slope[v]);
  });
}
static void gelu_backward(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count) {
  FOR_DTYPE(dtype, format, gelu_backward_of(format, dy, x, dx, count));
}

INLINE void sigmoid_of(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_VECTORS(i, n, count, { store(dtype, y, i, n, logistic(load(dtype, x, i, n))); });
}
static void sigmoid(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_DTYPE(dtype, format, sigmoid_of(format, x, y, count));
}

INLINE void sigmoid_backward_of(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  FOR_VECTORS(i, n, count, {
    const vfloat output = load(dtype, y, i, n);
    store(dtype, dx, i, n, load(dtype, dy, i, n) * (broadcast(1.0f) - output) * output);
  });
}
static void sigmoid_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  FOR_DTYPE(dtype, format, sigmoid_backward_of(format, dy, y, dx, count));
}

INLINE void tanh_of(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_VECTORS(i, n, count, { store(dtype, y, i, n, hyperbolic_tangent(load(dtype, x, i, n))); });
}
static void tanh_forward(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_DTYPE(dtype, format, tanh_of(format, x, y, count));
}

INLINE void tanh_backward_of(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  FOR_VECTORS(i, n, count, {
    const vfloat output = load(dtype, y, i, n);
    store(dtype, dx, i, n, load(dtype, dy, i, n) * multiply_add(zeros() - output, output, broadcast(1.0f)));
  });
}
static void tanh_backward(amp_dtype dtype, const void *dy, const void *y, void *dx, size_t count) {
  FOR_DTYPE(dtype, format, tanh_backward_of(format, dy, y, dx, count));
}

INLINE void silu_of(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_VECTORS(i, n, count, {
    const vfloat value = load(dtype, x, i, n);
    store(dtype, y, i, n, value * logistic(value));
  });
}
static void silu(amp_dtype dtype, const void *x, void *y, size_t count) {
  FOR_DTYPE(dtype, format, silu_of(format, x, y, count));
}

INLINE void silu_backward_of(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count) {
  FOR_VECTORS(i, n, count, {
    const vfloat value = load(dtype, x, i, n);
    const logistic_values share = logistic_and_complement(value);
    const vfloat slope = share.value * multiply_add(value, share.complement, broadcast(1.0f));
    store(dtype, dx, i, n, load(dtype, dy, i, n) * slope);
  });
}
static void silu_backward(amp_dtype dtype, const void *dy, const void *x, void *dx, size_t count) {
  FOR_DTYPE(dtype, format, silu_backward_of(format, dy, x, dx, count));
}
