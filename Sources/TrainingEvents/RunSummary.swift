/// The last event of a run.
public struct RunSummary: Codable, Sendable, Hashable {
  /// One entry a lane.
  public var lanes: [LaneSummary]
  /// One entry for every lane but the baseline and every way to measure; empty where too few steps were paired.
  public var speedup: [SpeedupEstimate]
  /// Wall time of the run in seconds.
  public var seconds: Double

  /// Creates a summary.
  public init(lanes: [LaneSummary], speedup: [SpeedupEstimate], seconds: Double) {
    self.lanes = lanes
    self.speedup = speedup
    self.seconds = seconds
  }
}

/// What one lane did.
public struct LaneSummary: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// Its precision at the end.
  public var precision: Precision
  /// How it ended.
  public var state: LaneState
  /// Median step time in milliseconds, in the current segment.
  public var medianStepMilliseconds: Double?
  /// 95th percentile of the step time in milliseconds.
  public var p95StepMilliseconds: Double?
  /// Committed samples per second of the lane's own step time.
  public var samplesPerSecond: Double?
  /// Committed steps.
  public var committed: Int
  /// Skipped attempts.
  public var skipped: Int
  /// Memory at the end.
  public var memory: MemoryReport?
  /// The final evaluation.
  public var evaluation: EvaluationReport?
  /// Share of the step time that went into conversions between formats, 0 to 1: the cast tax; nil before the first step
  /// and in older files.
  public var castShare: Double?
  /// Share of the step time that went into looking at tensors, 0 to 1; nil before the first step and in older files.
  public var numericsShare: Double?

  /// Creates a summary of a lane.
  public init(
    lane: LaneID, precision: Precision, state: LaneState, medianStepMilliseconds: Double?,
    p95StepMilliseconds: Double?, samplesPerSecond: Double?, committed: Int, skipped: Int, memory: MemoryReport?,
    evaluation: EvaluationReport?, castShare: Double? = nil, numericsShare: Double? = nil
  ) {
    self.lane = lane
    self.precision = precision
    self.state = state
    self.medianStepMilliseconds = medianStepMilliseconds
    self.p95StepMilliseconds = p95StepMilliseconds
    self.samplesPerSecond = samplesPerSecond
    self.committed = committed
    self.skipped = skipped
    self.memory = memory
    self.evaluation = evaluation
    self.castShare = castShare
    self.numericsShare = numericsShare
  }

  enum CodingKeys: String, CodingKey {
    case lane, precision, state
    case medianStepMilliseconds = "medianStepMs"
    case p95StepMilliseconds = "p95StepMs"
    case samplesPerSecond, committed, skipped, memory, evaluation, castShare, numericsShare
  }
}

/// How much faster a lane is than the baseline.
public struct SpeedupEstimate: Codable, Sendable, Hashable {
  /// The lane compared with.
  public var baseline: LaneID
  /// The lane compared.
  public var lane: LaneID
  /// Time of the baseline over time of the lane: above 1 the lane is faster.
  public var ratio: Double
  /// Lower end of the 95 % interval; nil below 30 pairs, and where the schedule allows none.
  public var low: Double?
  /// Upper end of the 95 % interval.
  public var high: Double?
  /// Paired steps (alternating), or steps of the lane in the window (concurrent).
  public var count: Int
  /// Schedule under which it was measured.
  ///
  /// `alternating` is the figure to quote, `concurrent` is indicative.
  public var schedule: Schedule
  /// Ratio of committed samples per second, so that skipped steps never look fast.
  public var effective: Double?

  /// Creates an estimate.
  public init(
    baseline: LaneID, lane: LaneID, ratio: Double, low: Double?, high: Double?, count: Int, schedule: Schedule,
    effective: Double?
  ) {
    self.baseline = baseline
    self.lane = lane
    self.ratio = ratio
    self.low = low
    self.high = high
    self.count = count
    self.schedule = schedule
    self.effective = effective
  }

  enum CodingKeys: String, CodingKey {
    case baseline, lane, ratio, low, high
    case count = "n"
    case schedule, effective
  }
}
