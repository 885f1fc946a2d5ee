/// The difference of the mean scores of two lanes on the same validation examples, whatever the kind of score.
///
/// A score is the share of an example that was right, 0…1: of its pixels in segmentation, of its tokens in a language
/// model, all or nothing in classification. The examples are the independent units, not their pixels or tokens, which
/// are right or wrong together: an interval over pixels would be far too narrow.
public struct PairedScores: Sendable, Hashable {
  /// What the interval and the p value are made with.
  public enum Method: Sendable, Hashable {
    /// Newcombe's interval and McNemar's exact test: every score is 0 or 1.
    case mcNemar
    /// Interval and test of a mean by Student's t: some score lies between.
    case pairedT
  }

  /// Mean score of the lane minus that of the baseline (a fraction, not points).
  public let difference: Double
  /// Lower end of the 95 % interval of the difference.
  public let low: Double
  /// Upper end of the 95 % interval of the difference.
  public let high: Double
  /// Two-sided p value of no difference, by the test of `method`.
  public let pValue: Double
  /// Number of examples.
  public let count: Int
  /// What the interval and the p value are made with.
  public let method: Method

  /// McNemar's exact p value; nil where scores lie between 0 and 1 and it has no meaning.
  public var mcNemarP: Double? { method == .mcNemar ? pValue : nil }

  /// A comparison of right and wrong answers as one of scores.
  public init(_ accuracy: PairedAccuracy) {
    difference = accuracy.difference
    low = accuracy.low
    high = accuracy.high
    pValue = accuracy.mcNemarP
    count = accuracy.count
    method = .mcNemar
  }

  /// The mean of the differences of scores, lane minus baseline, each in −1…1, by Student's t.
  ///
  /// The interval is cut off at ±1, and a point where all differences are equal.
  init(_ mean: MeanDifference) {
    let interval = mean.interval()
    difference = mean.mean
    low = max(-1, interval.low)
    high = min(1, interval.high)
    pValue = mean.pValue
    count = mean.count
    method = .pairedT
  }
}

/// Compares two lanes example by example; element i of both lists is the lane's score on validation example i.
///
/// Newcombe's interval with McNemar's test where every score is 0 or 1 (`pairedAccuracy`), else the mean difference with
/// its t interval and the paired t-test. Nil where the lists are empty or differ in length, where a score is not in
/// 0…1, and where a single example has a score between. Complexity: O(n).
public func pairedScores(baseline: [Float], lane: [Float]) -> PairedScores? {
  guard baseline.count == lane.count else { return nil }
  let scores = baseline + lane
  // A NaN is in no range.
  guard scores.allSatisfy({ (0...1).contains($0) }) else { return nil }
  if scores.allSatisfy({ $0 == 0 || $0 == 1 }) {
    return pairedAccuracy(baselineCorrect: baseline.map { $0 == 1 }, laneCorrect: lane.map { $0 == 1 })
      .map(PairedScores.init)
  }
  return MeanDifference(zip(baseline, lane).map { Double($1) - Double($0) }).map(PairedScores.init)
}
