/// The mean of paired differences with what Student's t says about it.
///
/// Each difference must be an independent unit: a seed, a network, a validation example; never a pixel or a token, which
/// share their example. The t interval holds for normal differences of any number and, by the central limit theorem,
/// nearly for any other where they are many. Source: Student, Biometrika 6 (1908).
public struct MeanDifference: Sendable, Hashable {
  /// Mean of the differences.
  public let mean: Double
  /// Standard deviation of the differences, with n − 1 in the denominator.
  public let standardDeviation: Double
  /// Number of differences, at least 2.
  public let count: Int

  /// Takes the differences in; nil below two of them, and where one, their mean or their spread is not finite.
  ///
  /// Equal differences have a standard deviation of exactly 0. Complexity: O(n).
  public init?(_ differences: [Double]) {
    guard let first = differences.first, differences.count >= 2 else { return nil }
    let n = Double(differences.count)
    // Measured from the first, a list of equal differences has no rounding at all.
    let mean = first + differences.reduce(0) { $0 + ($1 - first) } / n
    guard mean.isFinite else { return nil }
    // In units of the largest, no square leaves the range of a double.
    let largest = differences.reduce(0) { max($0, abs($1 - mean)) }
    var squares = 0.0
    if largest > 0 {
      for difference in differences {
        let deviation = (difference - mean) / largest
        squares += deviation * deviation
      }
    }
    let standardDeviation = largest * (squares / (n - 1)).squareRoot()
    guard standardDeviation.isFinite else { return nil }
    self.mean = mean
    self.standardDeviation = standardDeviation
    count = differences.count
  }

  /// Standard error of the mean: standard deviation / √n.
  public var standardError: Double { standardDeviation / Double(count).squareRoot() }

  /// The interval of the mean with a two-sided `confidence` (0.95 by default); its ends are NaN unless 0 < confidence < 1.
  ///
  /// A point where all differences are equal: they say nothing about the spread of further ones.
  public func interval(confidence: Double = 0.95) -> (low: Double, high: Double) {
    guard confidence > 0, confidence < 1 else { return (.nan, .nan) }
    let half = distribution.quantile((1 + confidence) / 2) * standardError
    return (mean - half, mean + half)
  }

  /// (mean − value) / standard error; where all differences are equal 0 at their value and ±∞ elsewhere.
  public func tStatistic(against value: Double = 0) -> Double {
    let distance = mean - value
    return distance == 0 ? 0 : distance / standardError
  }

  /// Two-sided p value of the paired t-test: how likely so large a mean is if the true one is zero.
  public var pValue: Double { distribution.bothTails(tStatistic()) }

  /// Student's t with n − 1 degrees of freedom.
  var distribution: StudentT { StudentT(degreesOfFreedom: Double(count - 1)) }
}

/// Difference of the losses of two lanes on the same validation examples, lane minus baseline: below zero the lane is
/// better.
///
/// Element i of both lists is the loss on example i (for a language model the mean over the tokens of sequence i), so
/// every example weighs the same whatever its length. For models where accuracy is secondary. Nil where the lists differ
/// in length, hold fewer than two examples or a loss that is not finite.
public func pairedLosses(baseline: [Float], lane: [Float]) -> MeanDifference? {
  guard baseline.count == lane.count else { return nil }
  return MeanDifference(zip(baseline, lane).map { Double($1) - Double($0) })
}
