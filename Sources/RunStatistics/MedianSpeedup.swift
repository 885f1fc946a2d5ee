/// The median of a series of step times with its 95 % interval.
///
/// Successive steps are correlated, so the interval is a moving-block bootstrap (`BlockBootstrap`; for quantiles Sun and
/// Lahiri, Sankhyā 68, 2006), not one of ranks, which takes steps for independent. Warm-up steps are the caller's to
/// drop (`MeasurementRules`).
public struct MedianInterval: Sendable, Hashable {
  /// The median, in the unit of the series.
  public let median: Double
  /// Lower end of the 95 % interval; nil below 30 values.
  public let low: Double?
  /// Upper end of the 95 % interval; nil below 30 values.
  public let high: Double?
  /// Number of values.
  public let count: Int

  /// Takes in a series in the order of time; nil where it is empty or a value is not finite.
  ///
  /// The same series gives the same interval. Complexity: O(1000 · n).
  public init?(_ series: [Double]) {
    guard !series.isEmpty, series.allSatisfy(\.isFinite) else { return nil }
    count = series.count
    median = SortedSample.quantile(0.5, of: series.sorted())
    guard count >= MeasurementRules.minimumPairsForInterval else {
      low = nil
      high = nil
      return
    }
    let medians = BlockBootstrap.medians(of: series).sorted()
    low = SortedSample.quantile(0.025, of: medians)
    high = SortedSample.quantile(0.975, of: medians)
  }
}

/// How much faster one series of steps is than another by their medians, where the two were not measured in pairs.
///
/// For steps of different programs, or of runs one after another, which share no noise: each series is resampled by
/// itself. Lanes that alternate are compared pair by pair (`PairedSpeedup`), which cancels what they share.
public struct MedianSpeedup: Sendable, Hashable {
  /// Median time of the baseline over that of the lane: above 1 the lane is faster.
  public let ratio: Double
  /// Lower end of the 95 % interval; nil where either series has fewer than 30 values.
  public let low: Double?
  /// Upper end of the 95 % interval; nil where either series has fewer than 30 values.
  public let high: Double?

  /// Compares two series of step times in one unit, each in the order of time.
  ///
  /// Nil where one is empty, a time is not finite and above 0, or the ratio leaves the range of a double. The interval
  /// is about the steps of these two runs; what differs from start to start, such as where memory lies, only repeated
  /// runs show (Georges, Buytaert and Eeckhout, OOPSLA 2007). Complexity: O(1000 · n).
  public init?(baseline: [Double], lane: [Double]) {
    guard !baseline.isEmpty, !lane.isEmpty, (baseline + lane).allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    ratio = SortedSample.quantile(0.5, of: baseline.sorted()) / SortedSample.quantile(0.5, of: lane.sorted())
    guard ratio > 0, ratio.isFinite else { return nil }
    guard min(baseline.count, lane.count) >= MeasurementRules.minimumPairsForInterval else {
      low = nil
      high = nil
      return
    }
    // Two seeds: one stream of random numbers for both would pair what is not paired.
    let ratios = zip(
      BlockBootstrap.medians(of: baseline), BlockBootstrap.medians(of: lane, seed: BlockBootstrap.secondSeed)
    ).map { $0 / $1 }.sorted()
    low = SortedSample.quantile(0.025, of: ratios)
    high = SortedSample.quantile(0.975, of: ratios)
  }
}
