import RunStatistics
import TrainingEvents

/// The speedup of one lane over its baseline as the dashboard shows it: from the current segment, or from an earlier
/// one of the same precisions while the current has too few steps.
struct LaneSpeedup: Sendable {
  private var alternating: PairedSpeedup
  private var concurrent: ConcurrentSpeedup
  private var earlier: [Schedule: SpeedupEstimate] = [:]

  /// A figure and what must be said about it.
  enum Figure: Equatable {
    /// Nothing to show yet: so many steps of those needed were counted.
    case collecting(Int, of: Int)
    /// A measured figure; `isEarlier` where it comes from a segment before the current one.
    case measured(SpeedupEstimate, isEarlier: Bool)
  }

  init(baseline: LaneID, lane: LaneID) {
    alternating = PairedSpeedup(baseline: baseline, lane: lane)
    concurrent = ConcurrentSpeedup(baseline: baseline, lane: lane)
  }

  /// Takes in a step of either lane.
  ///
  /// O(1), and a bootstrap now and then (`PairedSpeedup`).
  mutating func add(time: Double, _ report: StepReport, schedule: Schedule) {
    switch schedule {
    case .alternating:
      if let segment = alternating.segment, report.segment > segment,
        alternating.count >= MeasurementRules.minimumPairsForInterval
      {
        earlier[.alternating] = alternating.estimate
      }
      alternating.add(report)
    case .concurrent:
      if let segment = concurrent.segment, report.segment > segment,
        concurrent.count >= MeasurementRules.minimumPairsForInterval
      {
        earlier[.concurrent] = concurrent.estimate
      }
      concurrent.add(time: time, report)
    }
  }

  /// Forgets everything: one of the lanes computes in another precision from now on.
  mutating func reset() { self = LaneSpeedup(baseline: alternating.baseline, lane: alternating.lane) }

  /// What to show under a schedule.
  ///
  /// O(1).
  func figure(under schedule: Schedule) -> Figure {
    let needed = MeasurementRules.minimumPairsForInterval
    let (estimate, count) =
      schedule == .alternating
      ? (alternating.estimate, alternating.count) : (concurrent.estimate, concurrent.count)
    if let estimate, count >= needed { return .measured(estimate, isEarlier: false) }
    if let estimate = earlier[schedule] { return .measured(estimate, isEarlier: true) }
    return .collecting(count, of: needed)
  }
}
