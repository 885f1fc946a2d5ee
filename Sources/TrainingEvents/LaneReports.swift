/// The loss scale of a lane changed.
public struct ScaleReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// Attempt after which it changed.
  public var attempt: Int
  /// Scale before.
  public var from: Double
  /// Scale after.
  public var to: Double
  /// Why.
  public var cause: Cause

  /// Why a loss scale changed.
  public enum Cause: String, Codable, Sendable, Hashable {
    /// The growth interval passed without a non-finite gradient.
    case growth
    /// A gradient was not finite.
    case backoff
    /// A change of precision or of the scaler's policy set the scaler anew.
    case reset
    /// The user set the scale.
    case forced
    /// Measured gradients belong to another scale; the step committed.
    case measured
  }

  /// Creates a report of a change.
  public init(lane: LaneID, attempt: Int, from: Double, to: Double, cause: Cause) {
    self.lane = lane
    self.attempt = attempt
    self.from = from
    self.to = to
    self.cause = cause
  }
}

/// A lane changed its precision at a step boundary.
public struct PrecisionReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// The first attempt in the new precision.
  public var attempt: Int
  /// Precision before.
  public var from: Precision
  /// Precision after.
  public var to: Precision
  /// Milliseconds that compiling took; 0 where the executable was at hand.
  public var compileMilliseconds: Double
  /// Whether parameters were rounded.
  public var lossy: Bool
  /// What became of the loss scaler.
  public var scaler: ScalerFate
  /// Changes of the new mode; nil in older files, where there are none.
  public var overrides: PrecisionOverrides?

  /// What a precision change does to a loss scaler.
  public enum ScalerFate: String, Codable, Sendable, Hashable {
    /// The scale and its tracker go on as they were.
    case kept
    /// A scaler starts at its initial scale.
    case reset
    /// The new precision has none.
    case off
  }

  /// Creates a report of a change.
  public init(
    lane: LaneID, attempt: Int, from: Precision, to: Precision, compileMilliseconds: Double, lossy: Bool,
    scaler: ScalerFate, overrides: PrecisionOverrides? = nil
  ) {
    self.lane = lane
    self.attempt = attempt
    self.from = from
    self.to = to
    self.compileMilliseconds = compileMilliseconds
    self.lossy = lossy
    self.scaler = scaler
    self.overrides = overrides
  }

  enum CodingKeys: String, CodingKey {
    case lane, attempt, from, to
    case compileMilliseconds = "compileMs"
    case lossy, scaler, overrides
  }
}

/// What a lane is doing.
public struct LaneStateReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// The next attempt.
  public var attempt: Int
  /// What it does from now on.
  public var state: LaneState

  /// Creates a report of a state.
  public init(lane: LaneID, attempt: Int, state: LaneState) {
    self.lane = lane
    self.attempt = attempt
    self.state = state
  }
}

/// The states of a lane.
public enum LaneState: String, Codable, Sendable, Hashable {
  /// Building its executable.
  case compiling
  /// Training.
  case running
  /// Held by the user.
  case paused
  /// Measuring loss and accuracy on the validation split.
  case evaluating
  /// All steps done, or stopped by the user.
  case finished
  /// Weights or final loss are non-finite, none of the last 100 attempts committed, or the loss scaler gave up.
  case diverged
  /// Ended by an error.
  case failed
  /// Taken out of the session by the user.
  case dropped
}

/// A lane joined a session that is under way.
public struct LaneAddedReport: Codable, Sendable, Hashable {
  /// What it is.
  ///
  /// A lane of the same letter that was dropped before is forgotten.
  public var description: LaneDescription
  /// Its first attempt.
  public var attempt: Int
  /// The lane whose state it goes on from; nil where it starts from the first weights.
  public var source: LaneID?

  /// Creates a report.
  public init(description: LaneDescription, attempt: Int, source: LaneID?) {
    self.description = description
    self.attempt = attempt
    self.source = source
  }

  enum CodingKeys: String, CodingKey {
    case description = "lane"
    case attempt, source
  }
}

/// A lane trains with another batch or clipping than the session's from an attempt on.
public struct LaneSettingsReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// The first attempt.
  public var attempt: Int
  /// Samples of one step.
  public var batchSize: Int
  /// L2 norm that gradients are clipped to; nil where they are not.
  public var clipNorm: Double?

  /// Creates a report.
  public init(lane: LaneID, attempt: Int, batchSize: Int, clipNorm: Double?) {
    self.lane = lane
    self.attempt = attempt
    self.batchSize = batchSize
    self.clipNorm = clipNorm
  }

  enum CodingKeys: String, CodingKey {
    case lane, attempt
    case batchSize = "batch"
    case clipNorm
  }
}
