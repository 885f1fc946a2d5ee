/// What one attempted training step did.
///
/// Holds no reference types, so that a lane can report it without allocating.
public struct StepReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// Index of the attempt, from 0; always advances.
  public var attempt: Int
  /// Number of committed steps after this attempt.
  public var committedStep: Int
  /// Whether weights, optimizer state and statistics were changed.
  public var committed: Bool
  /// Why the attempt was skipped; nil where it was committed.
  public var skipReason: SkipReason?
  /// Mean training loss of the batch, unscaled.
  public var loss: Double
  /// Loss scale used in this step; nil where the lane has no scaler.
  public var scale: Double?
  /// Committed steps still missing until the scale may grow; nil where the lane has no scaler or its scale will not.
  public var stepsToGrowth: Int?
  /// Wall time of the step in milliseconds, without time waited for the lane's turn and without looking at tensors.
  public var stepMilliseconds: Double
  /// Where that time went.
  public var phases: PhaseTimes
  /// Global L2 norm of the unscaled gradients.
  public var gradNorm: Double
  /// Learning rate of this step.
  public var learningRate: Double
  /// Samples in the batch.
  public var samples: Int
  /// Number of the segment: a stretch in which no lane changed precision, batch, threads, processors or schedule, or was
  /// paused, evaluating or compiling.
  public var segment: Int

  /// Creates a report; every field is stated.
  public init(
    lane: LaneID, attempt: Int, committedStep: Int, committed: Bool, skipReason: SkipReason?, loss: Double,
    scale: Double?, stepsToGrowth: Int?, stepMilliseconds: Double, phases: PhaseTimes, gradNorm: Double,
    learningRate: Double, samples: Int, segment: Int
  ) {
    self.lane = lane
    self.attempt = attempt
    self.committedStep = committedStep
    self.committed = committed
    self.skipReason = skipReason
    self.loss = loss
    self.scale = scale
    self.stepsToGrowth = stepsToGrowth
    self.stepMilliseconds = stepMilliseconds
    self.phases = phases
    self.gradNorm = gradNorm
    self.learningRate = learningRate
    self.samples = samples
    self.segment = segment
  }

  enum CodingKeys: String, CodingKey {
    case lane, attempt, committedStep, committed, skipReason, loss, scale, stepsToGrowth
    case stepMilliseconds = "stepMs"
    case phases = "phasesMs"
    case gradNorm
    case learningRate = "lr"
    case samples, segment
  }
}

extension StepReport {
  /// Writes a report.
  ///
  /// `scale`, `stepsToGrowth` and `skipReason` are null where there is none, rather than left out: a reader of the
  /// lines finds the same fields in every step.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lane, forKey: .lane)
    try container.encode(attempt, forKey: .attempt)
    try container.encode(committedStep, forKey: .committedStep)
    try container.encode(committed, forKey: .committed)
    try container.encode(skipReason, forKey: .skipReason)
    try container.encode(loss, forKey: .loss)
    try container.encode(scale, forKey: .scale)
    try container.encode(stepsToGrowth, forKey: .stepsToGrowth)
    try container.encode(stepMilliseconds, forKey: .stepMilliseconds)
    try container.encode(phases, forKey: .phases)
    try container.encode(gradNorm, forKey: .gradNorm)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(samples, forKey: .samples)
    try container.encode(segment, forKey: .segment)
  }
}

/// Why an attempt changed nothing.
public enum SkipReason: String, Codable, Sendable, Hashable {
  /// The loss was NaN or infinite.
  case nonFiniteLoss
  /// A gradient held a NaN or an infinity: the usual sign of too large a loss scale.
  case nonFiniteGradient
  /// A weight, an optimizer state or a BatchNorm statistic would have become NaN or infinite.
  case nonFiniteUpdate
}

/// Milliseconds of one step by phase.
///
/// They add up to the step time, but for `numerics`.
public struct PhaseTimes: Codable, Sendable, Hashable {
  /// Forward pass without casts.
  public var forward: Double
  /// Backward pass without casts.
  public var backward: Double
  /// Non-finite check, gradient norm, optimizer update, scaler update.
  public var optimizer: Double
  /// Conversions between formats that stand alone (a conversion inside another kernel counts with that kernel).
  public var cast: Double
  /// Copying the batch, and waiting for it.
  public var data: Double
  /// Looking at tensors (`NumericsReport`): not part of the step time; nil in older files.
  public var numerics: Double?
  /// The rest: bookkeeping between calls.
  public var idle: Double

  /// Creates the times of a step, in milliseconds.
  public init(
    forward: Double = 0, backward: Double = 0, optimizer: Double = 0, cast: Double = 0, data: Double = 0,
    numerics: Double? = 0, idle: Double = 0
  ) {
    self.forward = forward
    self.backward = backward
    self.optimizer = optimizer
    self.cast = cast
    self.data = data
    self.numerics = numerics
    self.idle = idle
  }
}
