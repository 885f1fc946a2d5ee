public import TrainingEvents

/// The speedup of the `concurrent` schedule: indicative, for lanes contend for cache, bandwidth and clock.
///
/// The ratio of step rates over the wall time in which both lanes train. A step occupies the time from the end of the
/// step before it, or only its own step time where the gap before it is longer than the step itself: then the lane was
/// held, not training. Steps that reach out of the common time count by their share in it. There is no interval: the
/// lanes disturb each other, so their step times are no independent pairs. A new segment starts afresh; the first 10
/// attempts of each lane in it are dropped.
public struct ConcurrentSpeedup: Sendable {
  /// Largest number of steps of one lane that wait for the other lane to catch up; older ones leave.
  public static let window = 4096

  /// The lane compared with.
  public let baseline: LaneID
  /// The lane compared.
  public let lane: LaneID
  /// Segment measured; nil before the first step.
  public private(set) var segment: Int?
  /// Seconds of wall time in which both lanes trained.
  public private(set) var commonSeconds = 0.0
  private var baselineSide = Side()
  private var laneSide = Side()

  /// The wall time that one step occupies, in seconds since 1970.
  private struct Interval: Sendable {
    var start: Double
    var end: Double
  }

  /// One lane's steps of the segment.
  private struct Side: Sendable {
    var warmUp = WarmUp()
    var rate = CommittedRate()
    var lastEnd: Double?
    var waiting = BoundedQueue<Interval>(capacity: ConcurrentSpeedup.window)
    var steps = 0.0
    /// Samples of the newest step.
    var samples: Int?

    mutating func add(time: Double, report: StepReport) {
      let duration = report.stepMilliseconds / 1000
      samples = report.samples
      guard time.isFinite, duration.isFinite, duration > 0 else {
        _ = warmUp.admit()
        return
      }
      defer { lastEnd = time }
      guard warmUp.admit() else { return }
      rate.add(samples: report.samples, committed: report.committed, milliseconds: report.stepMilliseconds)
      var start = time - duration
      if let lastEnd, start - lastEnd <= duration { start = lastEnd }
      // A clock that was set back would make an empty step.
      guard start < time else { return }
      waiting.append(Interval(start: start, end: time))
    }
  }

  /// Creates an empty comparison of a lane with its baseline.
  public init(baseline: LaneID, lane: LaneID) {
    self.baseline = baseline
    self.lane = lane
  }

  /// Takes in an attempt that ended at `time` (seconds since 1970); those of one lane must come in order.
  ///
  /// Attempts of other lanes and of older segments are ignored, and so are times that are not finite. O(1) amortised.
  public mutating func add(time: Double, _ report: StepReport) {
    guard report.lane == baseline || report.lane == lane else { return }
    if let segment, report.segment < segment { return }
    if report.segment != segment {
      self = ConcurrentSpeedup(baseline: baseline, lane: lane)
      segment = report.segment
    }
    if report.lane == baseline {
      baselineSide.add(time: time, report: report)
    } else {
      laneSide.add(time: time, report: report)
    }
    overlap()
  }

  /// Whole steps of the lane in the common time.
  public var count: Int { Int(laneSide.steps) }

  /// The estimate so far; nil before each lane has made a step in the common time, and where their batches differ in size.
  ///
  /// Complexity: O(1).
  public var estimate: SpeedupEstimate? {
    guard baselineSide.steps >= 1, laneSide.steps >= 1, baselineSide.samples == laneSide.samples else { return nil }
    return SpeedupEstimate(
      baseline: baseline, lane: lane, ratio: laneSide.steps / baselineSide.steps, low: nil, high: nil, count: count,
      schedule: .concurrent, effective: laneSide.rate.ratio(to: baselineSide.rate))
  }

  /// Intersects the two sequences of steps as far as both are known.
  private mutating func overlap() {
    while let a = baselineSide.waiting.first, let b = laneSide.waiting.first {
      let common = min(a.end, b.end) - max(a.start, b.start)
      if common > 0 {
        commonSeconds += common
        baselineSide.steps += common / (a.end - a.start)
        laneSide.steps += common / (b.end - b.start)
      }
      if a.end <= b.end { baselineSide.waiting.popFirst() } else { laneSide.waiting.popFirst() }
    }
  }
}
