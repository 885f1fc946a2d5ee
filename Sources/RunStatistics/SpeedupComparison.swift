public import TrainingEvents

/// The speedup of one lane over its baseline under both schedules, over the whole of a run.
///
/// Each figure comes from one segment: the newest measured under its schedule, or the one before where the newest has
/// fewer than 30 steps. A precision change of either lane forgets both figures.
public struct SpeedupComparison: Sendable {
  /// The lane compared with.
  public let baseline: LaneID
  /// The lane compared.
  public let lane: LaneID
  private var alternating: PairedSpeedup
  private var concurrent: ConcurrentSpeedup
  private var earlierAlternating: SpeedupEstimate?
  private var earlierConcurrent: SpeedupEstimate?
  private var newestSegment: [LaneID: Int] = [:]
  // Steps up to this segment were made in a precision that is gone; the other lane may still deliver some.
  private var lastVoidSegment = Int.min

  /// Creates an empty comparison of a lane with its baseline.
  public init(baseline: LaneID, lane: LaneID) {
    self.baseline = baseline
    self.lane = lane
    alternating = PairedSpeedup(baseline: baseline, lane: lane, updatesInterval: false)
    concurrent = ConcurrentSpeedup(baseline: baseline, lane: lane)
  }

  /// Takes in an attempt that ended at `time` (seconds since 1970) under a schedule; those of one lane must come in
  /// order.
  ///
  /// Attempts of other lanes are ignored. Complexity: as `PairedSpeedup` and `ConcurrentSpeedup`.
  public mutating func add(time: Double, _ report: StepReport, schedule: Schedule) {
    guard report.lane == baseline || report.lane == lane, report.segment > lastVoidSegment else { return }
    newestSegment[report.lane] = report.segment
    let enough = MeasurementRules.minimumPairsForInterval
    switch schedule {
    case .alternating:
      if let segment = alternating.segment, report.segment > segment, alternating.count >= enough {
        earlierAlternating = alternating.exactEstimate()
      }
      alternating.add(report)
    case .concurrent:
      if let segment = concurrent.segment, report.segment > segment, concurrent.count >= enough {
        earlierConcurrent = concurrent.estimate
      }
      concurrent.add(time: time, report)
    }
  }

  /// Forgets what was measured, because one of the two lanes computes in another precision from its next step on.
  ///
  /// The change begins a new segment.
  public mutating func precisionChanged(_ changed: LaneID) {
    guard changed == baseline || changed == lane else { return }
    lastVoidSegment = max(lastVoidSegment, newestSegment[changed] ?? Int.min)
    earlierAlternating = nil
    earlierConcurrent = nil
    // The other lane may have been heard in the new segment already: that is not forgotten.
    if let segment = alternating.segment, segment <= lastVoidSegment {
      alternating = PairedSpeedup(baseline: baseline, lane: lane, updatesInterval: false)
    }
    if let segment = concurrent.segment, segment <= lastVoidSegment {
      concurrent = ConcurrentSpeedup(baseline: baseline, lane: lane)
    }
  }

  /// The figure under a schedule; nil where it was not measured.
  ///
  /// Complexity: one bootstrap.
  public func estimate(of schedule: Schedule) -> SpeedupEstimate? {
    let newest = schedule == .alternating ? alternating.exactEstimate() : concurrent.estimate
    let earlier = schedule == .alternating ? earlierAlternating : earlierConcurrent
    guard let newest else { return earlier }
    return newest.count >= MeasurementRules.minimumPairsForInterval ? newest : earlier ?? newest
  }
}
