import Glibc

/// The geometric mean of ratios over a set of networks, such as speedups.
///
/// The one mean of ratios that does not depend on which side is the baseline: swapping the sides inverts it (Fleming and
/// Wallace, Communications of the ACM 29, 1986, 218–221). The interval is Student's for the mean log ratio. It is about
/// the spread over networks, what to expect of others like these; how well each ratio was measured is another question
/// (`PairedSpeedup`, `MedianSpeedup`).
public struct GeometricMean: Sendable, Hashable {
  /// The geometric mean.
  public let ratio: Double
  /// Lower end of the 95 % interval; nil with one ratio.
  public let low: Double?
  /// Upper end of the 95 % interval; nil with one ratio.
  public let high: Double?
  /// Number of ratios.
  public let count: Int

  /// Takes in one ratio for each network; nil where there is none, or one is not finite and above 0.
  ///
  /// An end that leaves the range of a double is 0 or +∞, as with two ratios far apart. Complexity: O(n).
  public init?(_ ratios: [Double]) {
    guard let first = ratios.first, ratios.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    count = ratios.count
    guard let mean = MeanDifference(ratios.map { log($0) }) else {
      // A single ratio: logarithms of positive finite numbers are finite, and so is their spread.
      ratio = first
      low = nil
      high = nil
      return
    }
    let interval = mean.interval()
    ratio = exp(mean.mean)
    low = exp(interval.low)
    high = exp(interval.high)
  }
}
