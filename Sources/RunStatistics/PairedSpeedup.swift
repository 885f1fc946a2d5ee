import Glibc
public import TrainingEvents

/// The speedup of the `alternating` schedule: the figure to quote.
///
/// Steps of equal attempt index and batch size, both committed and in the same segment, are pairs: they saw the same batch
/// next to each other in time. The ratio is the geometric mean of t_baseline / t_lane; its 95 % interval is a moving-block
/// bootstrap of the mean log ratio (`BlockBootstrap`). A new segment starts afresh; the first 10 attempts of each lane
/// in it are dropped.
public struct PairedSpeedup: Sendable {
  /// Largest number of pairs kept; older ones leave.
  public static let window = 4096

  /// The lane compared with.
  public let baseline: LaneID
  /// The lane compared.
  public let lane: LaneID
  /// Segment of the pairs; nil before the first step.
  public private(set) var segment: Int?
  private var baselineSide = Side()
  private var laneSide = Side()
  private var logRatios = BoundedQueue<Double>(capacity: PairedSpeedup.window)
  private var sum = 0.0
  private var offsets: (low: Double, high: Double)?
  private var pairsSinceBootstrap = 0
  private let updatesInterval: Bool

  /// One lane's steps of the segment.
  private struct Side: Sendable {
    var warmUp = WarmUp()
    var rate = CommittedRate()
    // Committed steps that wait for their partner: lanes report through rings of their own, drained one after another.
    var waiting = BoundedQueue<(attempt: Int, samples: Int, milliseconds: Double)>(capacity: PairedSpeedup.window)

    mutating func add(_ report: StepReport) {
      guard warmUp.admit() else { return }
      let duration = report.stepMilliseconds
      guard duration.isFinite, duration > 0 else { return }
      rate.add(samples: report.samples, committed: report.committed, milliseconds: duration)
      if report.committed { waiting.append((report.attempt, report.samples, duration)) }
    }
  }

  /// Creates an empty comparison of a lane with its baseline.
  ///
  /// - Parameters:
  ///   - baseline: the lane compared with.
  ///   - lane: the lane compared.
  ///   - updatesInterval: false where only `exactEstimate()` will be asked for an interval, which saves the bootstraps
  ///     on the way.
  public init(baseline: LaneID, lane: LaneID, updatesInterval: Bool = true) {
    self.baseline = baseline
    self.lane = lane
    self.updatesInterval = updatesInterval
  }

  /// Takes in an attempt; those of one lane must come in order.
  ///
  /// Attempts of other lanes and of older segments are ignored, and so are step times that are not finite and positive.
  ///
  /// Complexity: O(1), and a bootstrap each time the number of pairs has grown by a twentieth and at least 10.
  public mutating func add(_ report: StepReport) {
    guard report.lane == baseline || report.lane == lane else { return }
    if let segment, report.segment < segment { return }
    if report.segment != segment { restart(segment: report.segment) }
    if report.lane == baseline { baselineSide.add(report) } else { laneSide.add(report) }
    pairUp()
  }

  /// Pairs in the estimate.
  public var count: Int { logRatios.count }

  /// The estimate so far; nil before the first pair.
  ///
  /// Complexity: O(1).
  ///
  /// The width of the interval may be that of a few pairs ago; its centre is always current.
  public var estimate: SpeedupEstimate? { estimate(offsets) }

  /// The estimate with the bootstrap made over all pairs now; nil before the first pair.
  ///
  /// Complexity: that of one bootstrap, about a millisecond at 4096 pairs.
  public func exactEstimate() -> SpeedupEstimate? { estimate(bootstrap()) }

  private mutating func restart(segment newest: Int) {
    self = PairedSpeedup(baseline: baseline, lane: lane, updatesInterval: updatesInterval)
    segment = newest
  }

  private mutating func pairUp() {
    while let a = baselineSide.waiting.first, let b = laneSide.waiting.first {
      if a.attempt < b.attempt {
        baselineSide.waiting.popFirst()
      } else if b.attempt < a.attempt {
        laneSide.waiting.popFirst()
      } else {
        baselineSide.waiting.popFirst()
        laneSide.waiting.popFirst()
        if a.samples == b.samples { addPair(log(a.milliseconds / b.milliseconds)) }
      }
    }
  }

  private mutating func addPair(_ logRatio: Double) {
    // A quotient of two finite times can still leave the range of a double.
    guard logRatio.isFinite else { return }
    if let dropped = logRatios.append(logRatio) { sum -= dropped }
    sum += logRatio
    pairsSinceBootstrap += 1
    guard updatesInterval, count >= MeasurementRules.minimumPairsForInterval else { return }
    if offsets == nil || pairsSinceBootstrap >= max(10, count / 20) {
      offsets = bootstrap()
      pairsSinceBootstrap = 0
    }
  }

  private func bootstrap() -> (low: Double, high: Double)? {
    guard count >= MeasurementRules.minimumPairsForInterval else { return nil }
    return BlockBootstrap.offsets(of: (0..<count).map { logRatios[$0] })
  }

  private func estimate(_ offsets: (low: Double, high: Double)?) -> SpeedupEstimate? {
    guard count > 0 else { return nil }
    let mean = sum / Double(count)
    return SpeedupEstimate(
      baseline: baseline, lane: lane, ratio: exp(mean), low: offsets.map { exp(mean + $0.low) },
      high: offsets.map { exp(mean + $0.high) }, count: count, schedule: .alternating,
      effective: laneSide.rate.ratio(to: baselineSide.rate))
  }
}
