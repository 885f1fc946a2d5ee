public import TrainingEvents

/// Median and 95th percentile of one lane's step times, exact over the last steps of the current segment.
///
/// The first 10 attempts of a segment are dropped, and a new segment starts afresh. Skipped attempts count: they took
/// their time too.
public struct StepTimeStatistics: Sendable {
  /// Largest number of steps looked at.
  public let window: Int
  /// Segment of the newest step; nil before the first.
  public private(set) var segment: Int?
  private var warmUp = WarmUp()
  private var recent: BoundedQueue<Double>
  private var sorted: [Double] = []
  private var rate = CommittedRate()

  /// Creates empty statistics over the last `window` steps (at least one).
  public init(window: Int = 1000) {
    self.window = max(1, window)
    recent = BoundedQueue(capacity: self.window)
  }

  /// Takes in an attempt; all must be of one lane.
  ///
  /// Steps of older segments and step times that are not finite and positive are ignored.
  ///
  /// Complexity: O(log window) comparisons and one move of at most `window` numbers.
  public mutating func add(_ report: StepReport) {
    if let segment, report.segment < segment { return }
    if report.segment != segment { restart(segment: report.segment) }
    guard warmUp.admit() else { return }
    let duration = report.stepMilliseconds
    guard duration.isFinite, duration > 0 else { return }
    rate.add(samples: report.samples, committed: report.committed, milliseconds: duration)
    if let dropped = recent.append(duration) { sorted.remove(at: lowerBound(of: dropped)) }
    sorted.insert(duration, at: lowerBound(of: duration))
  }

  /// Number of steps in the window.
  public var count: Int { sorted.count }

  /// Attempts of the segment that count for nothing, at most `MeasurementRules.warmUpSteps`.
  public var warmUpAttempts: Int { min(warmUp.attempts, MeasurementRules.warmUpSteps) }

  /// Median step time in milliseconds; nil during warm-up.
  public var median: Double? { quantile(0.5) }

  /// 95th percentile of the step time in milliseconds; nil during warm-up.
  public var p95: Double? { quantile(0.95) }

  /// Committed samples per second of own step time, over the whole segment after warm-up; nil during warm-up.
  public var samplesPerSecond: Double? { rate.samplesPerSecond }

  /// The quantile of the window in milliseconds, linear between neighbours (Hyndman and Fan 1996, type 7, the default
  /// of NumPy and R); nil during warm-up or where `fraction` is outside 0…1.
  ///
  /// Complexity: O(1).
  public func quantile(_ fraction: Double) -> Double? {
    guard !sorted.isEmpty, fraction >= 0, fraction <= 1 else { return nil }
    return SortedSample.quantile(fraction, of: sorted)
  }

  private mutating func restart(segment newest: Int) {
    segment = newest
    warmUp = WarmUp()
    recent = BoundedQueue(capacity: window)
    sorted.removeAll(keepingCapacity: true)
    rate = CommittedRate()
  }

  private func lowerBound(of value: Double) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
