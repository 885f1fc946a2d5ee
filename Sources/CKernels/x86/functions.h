/* Transcendental functions on vectors. */

/* e^x. At most 1 ulp from the true value where that is normal; overflows to infinity, underflows to zero through the
 * subnormals; NaN stays NaN. Reduction to |r| <= ln(2) / 2 and polynomial: Cephes, expf (Moshier 1989). */
INLINE vfloat exponential(vfloat x) {
  /* The limits keep 2^n representable; NaN is the second operand and survives both. */
  x = larger(broadcast(-104.0f), smaller(broadcast(89.0f), x));
  const vfloat n = round_to_integer(x * broadcast(1.44269504088896341f));
  vfloat r = multiply_add(n, broadcast(-0.693359375f), x);
  r = multiply_add(n, broadcast(2.12194440e-4f), r);
  vfloat p = broadcast(1.9875691500e-4f);
  p = multiply_add(p, r, broadcast(1.3981999507e-3f));
  p = multiply_add(p, r, broadcast(8.3334519073e-3f));
  p = multiply_add(p, r, broadcast(4.1665795894e-2f));
  p = multiply_add(p, r, broadcast(1.6666665459e-1f));
  p = multiply_add(p, r, broadcast(5.0000001201e-1f));
  p = multiply_add(p, r * r, r) + broadcast(1.0f);
  return scale_by_power_of_2(p, n);
}

/* Distribution function and density of the standard normal. */
typedef struct {
  vfloat distribution, density;
} normal_values;

/* Both from one exponential: for a = |x| the tail Phi(-a) is exp(-a^2 / 2) * R(a), and R, Mills' ratio over sqrt(2 pi),
 * is smooth. (a + 2.5) * R(a) is a polynomial of degree 9 in q = (a - 2.5) / (a + 2.5), fitted on 0 <= a <= 15 for the
 * least relative error (3e-8, the rounding of the coefficients included). The tail keeps its relative accuracy down to
 * the subnormals, where 1 + erf would lose it. */
INLINE normal_values normal(vfloat x) {
  const vfloat a = smaller(broadcast(15.0f), magnitude(x));
  const vfloat inverse = broadcast(1.0f) / (a + broadcast(2.5f));
  const vfloat q = multiply_add(broadcast(-5.0f), inverse, broadcast(1.0f));
  vfloat p = broadcast(-0.000171116379f);
  p = multiply_add(p, q, broadcast(-0.000324547989f));
  p = multiply_add(p, q, broadcast(0.000703159603f));
  p = multiply_add(p, q, broadcast(0.00254063238f));
  p = multiply_add(p, q, broadcast(-0.00161020295f));
  p = multiply_add(p, q, broadcast(-0.0163931493f));
  p = multiply_add(p, q, broadcast(0.00923777837f));
  p = multiply_add(p, q, broadcast(0.131987959f));
  p = multiply_add(p, q, broadcast(-0.433692127f));
  p = multiply_add(p, q, broadcast(0.706656635f));
  /* a^2 is rounded to `square`; what was rounded off is worth a factor that is linear to first order. */
  const vfloat square = a * a, rest = multiply_subtract(a, a, square);
  const vfloat power = exponential(square * broadcast(-0.5f));
  const vfloat exp_half_square = multiply_add(power, rest * broadcast(-0.5f), power);
  const vfloat tail = exp_half_square * p * inverse;
  return (normal_values){
      .distribution = choose(is_less(x, zeros()), tail, broadcast(1.0f) - tail),
      .density = exp_half_square * broadcast(0.3989422804f),
  };
}
