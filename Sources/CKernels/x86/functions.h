/* Transcendental functions on vectors. */

/* p = polynomial in x, coefficients of the highest power first. */
INLINE void polynomial(const float *coefficients, size_t degree, const vfloat *x, vfloat *p, size_t vectors) {
  EACH(v, vectors) p[v] = multiply_add(broadcast(coefficients[0]), x[v], broadcast(coefficients[1]));
  for (size_t power = 2; power <= degree; power++)
    EACH(v, vectors) p[v] = multiply_add(p[v], x[v], broadcast(coefficients[power]));
}

/* p = 2^f for |f| <= 1/2: a polynomial fitted for the least relative error (3e-9) that is 1 at 0. */
INLINE void power_of_fraction(const vfloat *f, vfloat *p, size_t vectors) {
  static const float coefficients[] = {1.53264715e-4f, 1.33908063e-3f, 9.61850584e-3f, 5.55035993e-2f,
                                       2.40226477e-1f, 6.93147182e-1f, 1.0f};
  polynomial(coefficients, 6, f, p, vectors);
}

static const float log2_of_e = 1.44269504088896341f;

/* e^(sign * x) for |x| < 128, sign 1 or -1: 2^f * 2^n, n whole and |f| <= 1/2. */
INLINE vfloat exponential_in_range(vfloat x, float sign) {
  /* n stays in the last places of a sum that has no others. log2(e) in two parts; their products are not rounded. */
  const vfloat slope = broadcast(sign * log2_of_e), last_places = broadcast(0x1.8p23f);
  const vfloat n = multiply_add(x, slope, last_places) - last_places;
  const vfloat f = multiply_add(x, broadcast(sign * 1.92596299e-8f), multiply_subtract(x, slope, n));
  vfloat p;
  power_of_fraction(&f, &p, 1);
  return scale_by_power_of_2(p, n);
}

/* e^x. Within 1.1 ulp of the true value where that is normal; overflows to infinity, underflows to zero through the
 * subnormals; NaN stays NaN. */
INLINE vfloat exponential(vfloat x) {
  /* The limits keep 2^n representable; NaN is the second operand and survives both. */
  return exponential_in_range(larger(broadcast(-104.0f), smaller(broadcast(89.0f), x)), 1);
}

/* e^-|x|, likewise. */
INLINE vfloat exponential_of_minus_magnitude(vfloat x) {
  return exponential_in_range(smaller(broadcast(104.0f), magnitude(x)), -1);
}

/* t = 2^t for t <= 128. Within 0.6 ulp where that is normal; underflows to zero through the subnormals; NaN stays
 * NaN. */
INLINE void powers_of_two(vfloat *t, size_t vectors) {
  vfloat n[vectors_per_tile], p[vectors_per_tile];
  /* 2^n stays representable; NaN is the second operand and survives. */
  EACH(v, vectors) t[v] = larger(broadcast(-152.0f), t[v]);
  EACH(v, vectors) n[v] = round_to_integer(t[v]);
  EACH(v, vectors) t[v] = t[v] - n[v];
  power_of_fraction(t, p, vectors);
  EACH(v, vectors) t[v] = scale_by_power_of_2(p[v], n[v]);
}

/* Distribution function and density of the standard normal.
 *
 * Both from one exponential: for a = |x| the tail Phi(-a) is exp(-a^2 / 2) * R(a), and R, Mills' ratio over sqrt(2 pi),
 * is smooth. (a + 2.5) * R(a) is a polynomial of degree 9 in q = (a - 2.5) / (a + 2.5), fitted on 0 <= a <= 15 for the
 * least relative error (3e-8, the rounding of the coefficients included). The tail keeps its relative accuracy down to
 * the subnormals, where 1 + erf would lose it. */
INLINE void normals(const vfloat *x, vfloat *distribution, vfloat *density, size_t vectors) {
  static const float ratio[] = {-0.000171116379f, -0.000324547989f, 0.000703159603f, 0.00254063238f, -0.00161020295f,
                                -0.0163931493f,   0.00923777837f,   0.131987959f,    -0.433692127f,  0.706656635f};
  /* exp(-a^2 / 2) = 2^(-a^2 * c); c in two parts, and a^2 too: its exponent reaches -162, and what is left of it after
     the whole number must be right to the last bit. */
  const vfloat c = broadcast(-0.72134751f), c_rest = broadcast(-9.62981494e-9f);
  vfloat a[vectors_per_tile], inverse[vectors_per_tile], p[vectors_per_tile], power[vectors_per_tile];
  EACH(v, vectors) a[v] = smaller(broadcast(15.0f), magnitude(x[v]));
  EACH(v, vectors) inverse[v] = broadcast(1.0f) / (a[v] + broadcast(2.5f));
  EACH(v, vectors) power[v] = a[v] * a[v];
  EACH(v, vectors) a[v] = multiply_subtract(a[v], a[v], power[v]); /* what was rounded off */
  vfloat n[vectors_per_tile];
  EACH(v, vectors) n[v] = round_to_integer(power[v] * c);
  EACH(v, vectors) a[v] = multiply_add(power[v], c_rest, a[v] * c);
  EACH(v, vectors) power[v] = multiply_subtract(power[v], c, n[v]) + a[v];
  power_of_fraction(power, p, vectors);
  EACH(v, vectors) power[v] = scale_by_power_of_2(p[v], n[v]);
  EACH(v, vectors) a[v] = multiply_add(broadcast(-5.0f), inverse[v], broadcast(1.0f));
  polynomial(ratio, 9, a, p, vectors);
  EACH(v, vectors) {
    const vfloat tail = power[v] * p[v] * inverse[v];
    distribution[v] = choose(is_less(x[v], zeros()), tail, broadcast(1.0f) - tail);
    density[v] = power[v] * broadcast(0.3989422804f);
  }
}

/* 1 / (1 + e^-x), within 3 ulp where that is normal. Only powers of negative numbers are taken: nothing overflows, and
 * the small values keep their relative accuracy. */
INLINE vfloat logistic(vfloat x) {
  const vfloat power = exponential_of_minus_magnitude(x), one = broadcast(1.0f);
  return choose(is_less(x, zeros()), power, one) / (one + power);
}

/* logistic(x), and 1 - logistic(x) = logistic(-x) without cancellation, both within 3 ulp. */
typedef struct {
  vfloat value, complement;
} logistic_values;

INLINE logistic_values logistic_and_complement(vfloat x) {
  const vfloat power = exponential_of_minus_magnitude(x), large = broadcast(1.0f) / (broadcast(1.0f) + power);
  const vfloat small = power * large;
  const vmask negative = is_less(x, zeros());
  return (logistic_values){choose(negative, small, large), choose(negative, large, small)};
}

/* Within 2.5 ulp. h / (1 - h) for h = (1 - e^-2a) / 2 = 2^n * (1 - e^-2r) / 2 + (1 - 2^n) / 2 and a = |x|, in which
 * nothing cancels: near zero n is 0. Reduction to |2r| <= ln(2) / 2 and polynomial: Cephes, expf (Moshier 1989). */
INLINE vfloat hyperbolic_tangent(vfloat x) {
  static const float coefficients[] = {1.272044256e-2f, -4.47423984224e-2f, 1.333352305168e-1f,
                                       -3.333263671520e-1f, 6.666666183600e-1f, -1.0000000240200f};
  /* NaN is the second operand and survives. */
  const vfloat a = smaller(broadcast(52.0f), magnitude(x)), last_places = broadcast(0x1.8p23f);
  const vfloat n = multiply_add(a, broadcast(-2 * log2_of_e), last_places) - last_places;
  const vfloat r = multiply_add(n, broadcast(-1.06097220e-4f), multiply_add(n, broadcast(0.3466796875f), a));
  const vfloat scale = scale_by_power_of_2(broadcast(1.0f), n), half = broadcast(0.5f);
  vfloat p;
  polynomial(coefficients, 5, &r, &p, 1);
  const vfloat h = multiply_add(scale, multiply_add(p, r * r, r), multiply_add(scale, broadcast(-0.5f), half));
  return with_sign_of(h / (broadcast(1.0f) - h), x);
}

/* Natural logarithm, within 1 ulp. -infinity at zero, NaN below. Polynomial: Cephes, logf (Moshier 1989). */
INLINE vfloat logarithm(vfloat x) {
  const vbinary parts = split(x);
  /* x = (1 + f) * 2^e with 1 + f between the roots of 1/2 and 2. */
  const vmask is_large = is_less(broadcast(1.41421356237f), parts.fraction);
  const vfloat one = broadcast(1.0f), half = broadcast(0.5f);
  const vfloat e = choose(is_large, parts.exponent + one, parts.exponent);
  const vfloat f = choose(is_large, parts.fraction * half, parts.fraction) - one, square = f * f;
  vfloat p = broadcast(7.0376836292e-2f);
  p = multiply_add(p, f, broadcast(-1.1514610310e-1f));
  p = multiply_add(p, f, broadcast(1.1676998740e-1f));
  p = multiply_add(p, f, broadcast(-1.2420140846e-1f));
  p = multiply_add(p, f, broadcast(1.4249322787e-1f));
  p = multiply_add(p, f, broadcast(-1.6668057665e-1f));
  p = multiply_add(p, f, broadcast(2.0000714765e-1f));
  p = multiply_add(p, f, broadcast(-2.4999993993e-1f));
  p = multiply_add(p, f, broadcast(3.3333331174e-1f));
  p = multiply_add(e, broadcast(-2.12194440e-4f), p * f * square);
  p = multiply_add(square, broadcast(-0.5f), p) + f;
  vfloat result = multiply_add(e, broadcast(0.693359375f), p);
  const vfloat infinity = broadcast(__builtin_inff());
  result = choose(is_less(x, infinity), result, x); /* infinity and NaN stay */
  result = choose(is_equal(x, zeros()), zeros() - infinity, result);
  return choose(is_less(x, zeros()), broadcast(__builtin_nanf("")), result);
}

/* log(1 + x) of a finite x, within 2 ulp. What w = 1 + x loses in rounding is given back by the slope 1 / w. */
INLINE vfloat logarithm_of_one_plus(vfloat x) {
  const vfloat one = broadcast(1.0f), w = one + x, lost = x - (w - one);
  /* At w = 0, where nothing is lost, 0 / 0 is kept away. */
  return logarithm(w) + lost / larger(broadcast(0x1p-24f), w);
}
