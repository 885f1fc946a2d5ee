import Glibc

/// The difference of two accuracies measured on the same samples.
public struct PairedAccuracy: Sendable, Hashable {
  /// Accuracy of the lane minus accuracy of the baseline (a fraction, not points).
  public let difference: Double
  /// Lower end of the 95 % interval of the difference.
  public let low: Double
  /// Upper end of the 95 % interval of the difference.
  public let high: Double
  /// McNemar's exact two-sided p value: how likely so uneven a split of the disagreements is if neither is better.
  public let mcNemarP: Double
  /// Number of samples.
  public let count: Int

  /// Compares from the four counts of the paired table; nil where a count is negative or all are zero.
  ///
  /// The interval is Newcombe's method 10 (Statistics in Medicine 17, 1998, 2635–2650): Wilson score intervals of both
  /// proportions joined with their correlation. It holds near 0 and 1 and with few disagreements, where the Wald
  /// interval collapses. Complexity: O(number of disagreements).
  public init?(bothCorrect: Int, laneOnly: Int, baselineOnly: Int, neither: Int) {
    guard min(bothCorrect, laneOnly, baselineOnly, neither) >= 0 else { return nil }
    let count = bothCorrect + laneOnly + baselineOnly + neither
    guard count > 0 else { return nil }
    self.count = count
    let lane = WilsonInterval(successes: bothCorrect + laneOnly, of: count)
    let baseline = WilsonInterval(successes: bothCorrect + baselineOnly, of: count)
    let correlation = PairedAccuracy.correlation(
      Double(bothCorrect), Double(laneOnly), Double(baselineOnly), Double(neither))
    let difference = Double(laneOnly - baselineOnly) / Double(count)
    func distance(_ x: Double, _ y: Double) -> Double {
      max(0, x * x - 2 * correlation * x * y + y * y).squareRoot()
    }
    self.difference = difference
    low = max(-1, difference - distance(lane.share - lane.low, baseline.high - baseline.share))
    high = min(1, difference + distance(lane.high - lane.share, baseline.share - baseline.low))
    mcNemarP = PairedAccuracy.exactMcNemar(laneOnly, baselineOnly)
  }

  /// Correlation of the two proportions (phi), corrected for continuity where it is positive.
  private static func correlation(_ a: Double, _ b: Double, _ c: Double, _ d: Double) -> Double {
    let denominator = ((a + b) * (c + d) * (a + c) * (b + d)).squareRoot()
    guard denominator > 0 else { return 0 }
    let numerator = a * d - b * c
    let corrected = numerator > 0 ? max(0, numerator - (a + b + c + d) / 2) : numerator
    return corrected / denominator
  }

  /// Twice the lower tail of a fair binomial at the smaller count, at most 1.
  private static func exactMcNemar(_ b: Int, _ c: Int) -> Double {
    let n = b + c
    let k = min(b, c)
    guard n > 0, b != c else { return 1 }
    // The largest term of the tail in logarithms, for 2⁻ⁿ alone leaves the range of a double at n = 1075.
    var logTerm = -Double(n) * log(2.0)
    for i in 0..<k { logTerm += log(Double(n - i) / Double(i + 1)) }
    var term = 1.0
    var tail = 1.0
    var i = k
    while i > 0, term > tail * 1e-17 {
      term *= Double(i) / Double(n - i + 1)
      tail += term
      i -= 1
    }
    return min(1, 2 * exp(logTerm + log(tail)))
  }
}

/// The score interval of a proportion (Wilson 1927) at 95 %.
private struct WilsonInterval {
  let share: Double
  let low: Double
  let high: Double

  init(successes: Int, of count: Int) {
    let z = 1.959963984540054
    let n = Double(count)
    let p = Double(successes) / n
    let centre = 2 * n * p + z * z
    let half = z * (z * z + 4 * n * p * (1 - p)).squareRoot()
    let scale = 2 * (n + z * z)
    share = p
    low = max(0, (centre - half) / scale)
    high = min(1, (centre + half) / scale)
  }
}

/// Compares two lanes sample by sample; nil where the lists are empty or differ in length.
///
/// Element i of both lists says whether the lane was right on validation sample i.
public func pairedAccuracy(baselineCorrect: [Bool], laneCorrect: [Bool]) -> PairedAccuracy? {
  guard baselineCorrect.count == laneCorrect.count else { return nil }
  var both = 0
  var laneOnly = 0
  var baselineOnly = 0
  for (baseline, lane) in zip(baselineCorrect, laneCorrect) {
    switch (baseline, lane) {
    case (true, true): both += 1
    case (false, true): laneOnly += 1
    case (true, false): baselineOnly += 1
    case (false, false): break
    }
  }
  return PairedAccuracy(
    bothCorrect: both, laneOnly: laneOnly, baselineOnly: baselineOnly,
    neither: baselineCorrect.count - both - laneOnly - baselineOnly)
}
