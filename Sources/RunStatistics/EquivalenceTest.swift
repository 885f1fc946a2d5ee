/// Two one-sided paired t-tests (TOST), which ask whether two lanes are equal up to a margin.
///
/// An ordinary t-test that finds no difference proves nothing: it may have looked at too few runs. Here the burden of
/// proof is turned round. Two hypotheses must both be rejected at 5 %: that the mean difference is at or below −margin,
/// and that it is at or above +margin. That is the case exactly where the 90 % interval of the mean lies inside ±margin.
/// Source: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987), 657–680. The margin must be chosen
/// before the data are seen. Where all differences are equal both t are infinite and the mean alone decides.
public struct EquivalenceTest: Sendable, Hashable {
  /// Largest chance of calling lanes equivalent whose true difference is the margin or more.
  public static let significance = 0.05

  /// Mean, standard deviation and number of the paired differences.
  public let difference: MeanDifference
  /// Largest difference that does not matter, above 0, in the unit of the differences.
  public let margin: Double
  /// Lower end of the 90 % interval of the mean difference.
  public let low: Double
  /// Upper end of the 90 % interval of the mean difference.
  public let high: Double
  /// t of the mean against −margin: large where it lies well above.
  public let lowerT: Double
  /// t of the mean against +margin: far below 0 where it lies well below.
  public let upperT: Double
  /// One-sided p value of "the mean is at or below −margin".
  public let lowerP: Double
  /// One-sided p value of "the mean is at or above +margin".
  public let upperP: Double

  /// Tests differences, one for each pair (of seeds or networks, say), against ±`margin`.
  ///
  /// Nil where fewer than two differences are given or one is not finite: no spread, no test. Nil too unless the margin
  /// is finite and above 0. Complexity: O(n).
  public init?(differences: [Double], margin: Double) {
    guard let difference = MeanDifference(differences) else { return nil }
    self.init(difference, margin: margin)
  }

  /// Tests a mean difference that is known already; nil unless the margin is finite and above 0.
  public init?(_ difference: MeanDifference, margin: Double) {
    guard margin > 0, margin.isFinite else { return nil }
    self.difference = difference
    self.margin = margin
    (low, high) = difference.interval(confidence: 1 - 2 * EquivalenceTest.significance)
    lowerT = difference.tStatistic(against: -margin)
    upperT = difference.tStatistic(against: margin)
    lowerP = difference.distribution.upperTail(lowerT)
    upperP = difference.distribution.cumulative(upperT)
  }

  /// The p value of the whole test: the larger of the two.
  public var pValue: Double { max(lowerP, upperP) }

  /// Whether the true difference is shown to lie inside ±margin, at 5 %.
  ///
  /// False says "not shown", not "different": more pairs may show it.
  public var isEquivalent: Bool { pValue < EquivalenceTest.significance }
}
