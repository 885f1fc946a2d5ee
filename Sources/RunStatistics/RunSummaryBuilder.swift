public import TrainingEvents

/// Makes the summary of a run from its events: the last event of a stream, or a summary of one that broke off.
///
/// Events of one lane must come in order; lanes may be interleaved in any way.
public struct RunSummaryBuilder: Sendable {
  private var lanes: [LaneRecord] = []
  private var comparisons: [SpeedupComparison] = []
  // Segment from which on each schedule is in force.
  private var schedules: [(segment: Int, schedule: Schedule)] = []
  private var baseline: LaneID?
  private var firstTime: Double?
  private var lastTime: Double?

  /// Creates an empty builder.
  public init() {}

  /// Takes in an event.
  ///
  /// Events of lanes that the session event did not name are ignored. O(log window) amortised.
  public mutating func add(_ event: TrainingEvent) {
    if event.time.isFinite {
      firstTime = firstTime ?? event.time
      lastTime = max(lastTime ?? event.time, event.time)
    }
    switch event.body {
    case .session(let session): start(session)
    case .step(let report): add(report, time: event.time)
    case .precision(let report):
      update(report.lane) { $0.precision = report.to }
      void(report.lane)
    case .added(let report): join(report)
    case .settings(let report): void(report.lane)
    case .lane(let report): update(report.lane) { $0.state = report.state }
    case .schedule(let report): schedules.append((report.segment, report.schedule))
    case .memory(let report): update(report.lane) { $0.memory = report }
    case .evaluation(let report):
      if report.isFinal { update(report.lane) { $0.evaluation = report } }
    case .scale, .peaks, .numerics, .diagnosis, .fault, .agreement, .command, .note, .error, .summary: break
    }
  }

  /// The summary so far.
  ///
  /// Complexity: one bootstrap for each lane but the baseline.
  public var summary: RunSummary {
    RunSummary(lanes: lanes.map(\.summary), speedup: speedup, seconds: seconds)
  }

  /// Speedup of every lane but the baseline under every schedule it was measured in, since the last precision change
  /// of either: from the newest segment, or from the one before where the newest has fewer than 30 steps.
  public var speedup: [SpeedupEstimate] {
    comparisons.flatMap { comparison in
      Schedule.allCases.compactMap { comparison.estimate(of: $0) }
    }
  }

  /// Wall time from the first event to the newest in seconds.
  public var seconds: Double {
    guard let firstTime, let lastTime else { return 0 }
    return lastTime - firstTime
  }

  private mutating func start(_ session: SessionDescription) {
    lanes = session.lanes.map { LaneRecord(lane: $0.lane, precision: $0.precision) }
    comparisons = session.lanes.map(\.lane).filter { $0 != session.baseline }.map {
      SpeedupComparison(baseline: session.baseline, lane: $0)
    }
    schedules = [(Int.min, session.schedule)]
    baseline = session.baseline
  }

  private mutating func join(_ report: LaneAddedReport) {
    let lane = report.description.lane
    lanes.removeAll { $0.lane == lane }
    comparisons.removeAll { $0.lane == lane }
    lanes.append(LaneRecord(lane: lane, precision: report.description.precision))
    lanes.sort { $0.lane < $1.lane }
    guard let baseline else { return }
    comparisons.append(SpeedupComparison(baseline: baseline, lane: lane))
  }

  private mutating func add(_ report: StepReport, time: Double) {
    update(report.lane) { $0.add(report) }
    guard let schedule = schedules.last(where: { $0.segment <= report.segment })?.schedule else { return }
    for index in comparisons.indices {
      comparisons[index].add(time: time, report, schedule: schedule)
    }
  }

  /// Forgets every comparison that the lane is part of: it is another precision from now on.
  private mutating func void(_ lane: LaneID) {
    for index in comparisons.indices where comparisons[index].baseline == lane || comparisons[index].lane == lane {
      comparisons[index].precisionChanged(lane)
    }
  }

  private mutating func update(_ lane: LaneID, _ change: (inout LaneRecord) -> Void) {
    guard let index = lanes.firstIndex(where: { $0.lane == lane }) else { return }
    change(&lanes[index])
  }
}

/// What is known of one lane.
private struct LaneRecord: Sendable {
  let lane: LaneID
  var precision: Precision
  var state = LaneState.running
  var memory: MemoryReport?
  var evaluation: EvaluationReport?
  private var committed = 0
  private var skipped = 0
  private var stepTimes = StepTimeStatistics()
  private var castMilliseconds = 0.0
  private var numericsMilliseconds = 0.0
  private var totalMilliseconds = 0.0

  init(lane: LaneID, precision: Precision) {
    self.lane = lane
    self.precision = precision
  }

  mutating func add(_ report: StepReport) {
    if report.committed { committed += 1 } else { skipped += 1 }
    stepTimes.add(report)
    castMilliseconds += report.phases.cast
    numericsMilliseconds += report.phases.numerics ?? 0
    totalMilliseconds += report.stepMilliseconds
  }

  private func share(_ milliseconds: Double) -> Double? {
    totalMilliseconds > 0 ? milliseconds / totalMilliseconds : nil
  }

  var summary: LaneSummary {
    LaneSummary(
      lane: lane, precision: precision, state: state, medianStepMilliseconds: stepTimes.median,
      p95StepMilliseconds: stepTimes.p95, samplesPerSecond: stepTimes.samplesPerSecond, committed: committed,
      skipped: skipped, memory: memory, evaluation: evaluation, castShare: share(castMilliseconds),
      numericsShare: share(numericsMilliseconds))
  }
}
