import Glibc

/// Student's t distribution: tails and quantiles for intervals and tests of means.
///
/// DLMF 8.17 and Abramowitz and Stegun 26.7.1: P(|T| > t) = I_x(ν/2, 1/2) with x = ν / (ν + t²).
struct StudentT: Sendable {
  /// Degrees of freedom ν, above 0; every function is NaN otherwise.
  let degreesOfFreedom: Double

  /// The distribution with `degreesOfFreedom` above 0.
  init(degreesOfFreedom: Double) {
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// P(T ≤ t).
  func cumulative(_ t: Double) -> Double { upperTail(-t) }

  /// P(T > t), with all its digits where it is small; 0 beyond t = 1e154, where t² leaves the range of a double.
  func upperTail(_ t: Double) -> Double {
    guard degreesOfFreedom > 0, !t.isNaN else { return .nan }
    let square = t * t
    guard square.isFinite else { return t > 0 ? 0 : 1 }
    let sum = degreesOfFreedom + square
    let both = IncompleteBeta.regularized(degreesOfFreedom / 2, 0.5, x: degreesOfFreedom / sum, y: square / sum)
    return t >= 0 ? both / 2 : 1 - both / 2
  }

  /// P(|T| > |t|): the two-sided p value of the statistic `t`.
  func bothTails(_ t: Double) -> Double { 2 * upperTail(abs(t)) }

  /// The t with P(T ≤ t) = `probability`; −∞ at 0, +∞ at 1 and NaN outside, as SciPy's `t.ppf`.
  ///
  /// By bisection to the last bit: it cannot fail, and one interval asks for one quantile. O(100) tails.
  func quantile(_ probability: Double) -> Double {
    guard degreesOfFreedom > 0, probability >= 0, probability <= 1 else { return .nan }
    // 1 − p is exact for p in ½…1 (Sterbenz 1974), so that the mirrored tail is the same number.
    let tail = min(probability, 1 - probability)
    let sign = probability < 0.5 ? -1.0 : 1.0
    guard tail > 0 else { return sign * .infinity }
    guard tail < 0.5 else { return 0 }
    var low = 0.0
    var high = 1.0
    while upperTail(high) > tail {
      low = high
      high *= 2
    }
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return sign * high }
      if upperTail(middle) > tail { low = middle } else { high = middle }
    }
  }
}
