import DequeModule
import RunStatistics
public import TrainingEvents

/// What the dashboard knows of one lane.
public struct LaneTrack: Sendable {
  /// Which lane.
  public let lane: LaneID
  /// Precision in force.
  public internal(set) var precision: Precision
  /// Precision asked for and not yet confirmed.
  public internal(set) var pendingPrecision: Precision?
  /// What is changed of the precision mode.
  public internal(set) var overrides = PrecisionOverrides()
  /// Changes asked for and not yet confirmed.
  public internal(set) var pendingOverrides: PrecisionOverrides?
  /// What the lane is doing.
  public internal(set) var state = LaneState.compiling
  /// The newest attempt.
  public internal(set) var lastStep: StepReport?
  /// Committed steps.
  public internal(set) var committed = 0
  /// Skipped attempts.
  public internal(set) var skipped = 0
  /// Samples of a step where they are not the session's.
  public internal(set) var batchSize: Int?
  /// Memory as last reported.
  public internal(set) var memory: MemoryReport?
  /// The newest evaluation.
  public internal(set) var evaluation: EvaluationReport?
  /// The newest comparison with the baseline.
  public internal(set) var agreement: AgreementReport?
  /// Events that found the lane's ring full.
  public internal(set) var ringFullCount = 0
  var scaler: ScalerDescription?
  /// Committed steps between two growths of the loss scale: stated by the session, or the longest countdown seen.
  var growthInterval: Int?
  @CopyOnWrite var history: LaneHistory
  @CopyOnWrite var stepTimes = StepTimeStatistics()
  @CopyOnWrite var phases = PhaseWindow()
  @CopyOnWrite var speedup: LaneSpeedup?
  @CopyOnWrite var numerics = NumericsHistory()
  @CopyOnWrite var diagnoses = DiagnosisList()
  /// The loss against the baseline's; nil for the baseline itself.
  @CopyOnWrite var difference: LossDifference?

  init(_ description: LaneDescription, baseline: LaneID, smoothing: Double) {
    lane = description.lane
    precision = description.precision
    overrides = description.overrides ?? PrecisionOverrides()
    scaler = description.scaler
    growthInterval = description.scaler?.growthInterval
    _history = CopyOnWrite(wrappedValue: LaneHistory(smoothing: smoothing))
    _speedup = CopyOnWrite(wrappedValue: lane == baseline ? nil : LaneSpeedup(baseline: baseline, lane: lane))
    _difference = CopyOnWrite(wrappedValue: lane == baseline ? nil : LossDifference())
  }

  /// True where the lane will make no more steps.
  public var isOver: Bool { [.finished, .diverged, .failed, .dropped].contains(state) }

  /// Attempts of the segment that were made and count for no figure.
  var warmUpAttempts: Int { stepTimes.warmUpAttempts }

  /// True where the lane scales its loss at present.
  var hasScaler: Bool { lastStep.map { $0.scale != nil } ?? (scaler != nil) }
}

/// Mean phase times of a lane over its newest steps in the current segment.
struct PhaseWindow: Sendable {
  /// Steps averaged.
  static let length = 200

  private var recent: Deque<PhaseTimes> = []
  private var segment: Int?

  /// Takes in a step; a new segment starts afresh.
  ///
  /// O(1).
  mutating func add(_ report: StepReport) {
    if report.segment != segment {
      segment = report.segment
      recent.removeAll(keepingCapacity: true)
    }
    recent.append(report.phases)
    if recent.count > PhaseWindow.length { recent.removeFirst() }
  }

  /// The mean in milliseconds in the order of `StepPhase`; nil before the first step, and where no phase was measured.
  ///
  /// O(`length`): summed where it is drawn, not at every step, and anew, so that rounding errors do not pile up.
  var mean: [Double]? {
    guard !recent.isEmpty else { return nil }
    var sums = [Double](repeating: 0, count: StepPhase.allCases.count)
    for times in recent {
      for phase in StepPhase.allCases {
        let value = phase.milliseconds(in: times)
        if value > 0, value < .infinity { sums[phase.rawValue] += value }
      }
    }
    let means = sums.map { $0 / Double(recent.count) }
    return means.contains { $0 > 0 } ? means : nil
  }
}

/// The mean phase times of all lanes, summed once for a pane that needs them in several places.
struct PhaseMeans: Sendable {
  private let means: [(lane: LaneID, milliseconds: [Double])]

  init(_ state: DashboardState) {
    means = state.lanes.compactMap { track in track.phases.mean.map { (track.lane, $0) } }
  }

  /// Milliseconds in the order of `StepPhase`; nil where no phase was measured.
  subscript(lane: LaneID) -> [Double]? { means.first { $0.lane == lane }?.milliseconds }
}
