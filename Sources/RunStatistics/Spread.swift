/// A sample of measurements in three numbers: the usual, the bad, and the worst.
public struct Spread: Codable, Sendable, Hashable {
  /// The median.
  public let median: Double
  /// The 95th percentile, linear between neighbours.
  public let p95: Double
  /// The largest.
  public let largest: Double
  /// Number of measurements.
  public let count: Int

  /// Takes measurements in, in any order; nil where there is none, or one is not finite.
  ///
  /// Complexity: O(n log n).
  public init?(_ values: [Double]) {
    guard let last = values.max(), values.allSatisfy(\.isFinite) else { return nil }
    let sorted = values.sorted()
    median = SortedSample.quantile(0.5, of: sorted)
    p95 = SortedSample.quantile(0.95, of: sorted)
    largest = last
    count = values.count
  }
}
