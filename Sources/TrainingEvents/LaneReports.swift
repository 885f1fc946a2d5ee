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

/// How fast this machine multiplies matrices with a lane's threads, measured before the first step.
public struct PeaksReport: Codable, Sendable, Hashable {
  /// Threads that multiplied.
  public var threads: Int
  /// 10⁹ floating-point operations a second by format, in the kernels that lanes use.
  public var gigaflops: [NumericFormat.RawValue: Double]

  /// Creates a report.
  public init(threads: Int, gigaflops: [NumericFormat: Double]) {
    self.threads = threads
    self.gigaflops = Dictionary(uniqueKeysWithValues: gigaflops.map { ($0.key.rawValue, $0.value) })
  }

  /// The figure of a format; nil where it was not measured.
  public subscript(_ format: NumericFormat) -> Double? { gigaflops[format.rawValue] }
}

/// Bytes of a lane by owner, from the memory plan, beside the measured size of the process.
public struct MemoryReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// The attempt from which this holds.
  public var attempt: Int
  /// Precision that was planned for.
  public var precision: Precision
  /// Planned bytes at the moment of the peak, by owner.
  public var bytes: MemoryBreakdown
  /// Planned peak: persistent state plus arena.
  ///
  /// The sum of `bytes`.
  public var peak: Int
  /// What the same buffers would take without sharing, in bytes.
  public var unshared: Int
  /// Resident set size of the whole process (all lanes, libraries, data) in bytes, measured.
  public var rss: Int
  /// Largest batch whose plan fits into the baseline's planned peak; nil where nobody asked, for the baseline itself, and in
  /// older files.
  public var largestBatch: Int?

  /// Creates a report; every field is stated.
  public init(
    lane: LaneID, attempt: Int, precision: Precision, bytes: MemoryBreakdown, peak: Int, unshared: Int, rss: Int,
    largestBatch: Int? = nil
  ) {
    self.lane = lane
    self.attempt = attempt
    self.precision = precision
    self.bytes = bytes
    self.peak = peak
    self.unshared = unshared
    self.rss = rss
    self.largestBatch = largestBatch
  }
}

/// Bytes by owner.
public struct MemoryBreakdown: Codable, Sendable, Hashable {
  /// Trainable parameters and BatchNorm statistics in fp32.
  public var parameters: Int
  /// fp32 masters where parameters are stored in 16 bits.
  public var masters: Int
  /// 16-bit copies of fp32 parameters, written by the optimizer.
  public var lowPrecisionCopies: Int
  /// Gradients of parameters.
  public var gradients: Int
  /// Momentum or Adam moments.
  public var optimizerState: Int
  /// Activations, their gradients, and inputs.
  public var activations: Int
  /// Scratch of single operations, and gaps of the plan.
  public var workspace: Int

  /// Creates a breakdown in bytes.
  public init(
    parameters: Int = 0, masters: Int = 0, lowPrecisionCopies: Int = 0, gradients: Int = 0, optimizerState: Int = 0,
    activations: Int = 0, workspace: Int = 0
  ) {
    self.parameters = parameters
    self.masters = masters
    self.lowPrecisionCopies = lowPrecisionCopies
    self.gradients = gradients
    self.optimizerState = optimizerState
    self.activations = activations
    self.workspace = workspace
  }

  /// Sum over all owners.
  public var total: Int {
    parameters + masters + lowPrecisionCopies + gradients + optimizerState + activations + workspace
  }
}

/// Loss and accuracy of a lane on the validation split.
public struct EvaluationReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// Attempts made before.
  public var attempt: Int
  /// Mean loss.
  public var loss: Double
  /// Share of correct answers, 0 to 1.
  public var accuracy: Double
  /// What counts as correct, for example "accuracy", "pixel accuracy", "token accuracy"; nil in older files.
  public var scoreName: String?
  /// Other measures of the task by name, for example "perplexity"; nil in older files.
  public var measures: [String: Double]?
  /// Number of samples looked at.
  public var count: Int
  /// True for the one at the end, on the whole validation split.
  public var isFinal: Bool

  /// Creates a report of an evaluation.
  public init(
    lane: LaneID, attempt: Int, loss: Double, accuracy: Double, scoreName: String? = nil,
    measures: [String: Double]? = nil, count: Int, isFinal: Bool
  ) {
    self.lane = lane
    self.attempt = attempt
    self.loss = loss
    self.accuracy = accuracy
    self.scoreName = scoreName
    self.measures = measures
    self.count = count
    self.isFinal = isFinal
  }

  enum CodingKeys: String, CodingKey {
    case lane, attempt, loss, accuracy
    case scoreName = "score"
    case measures
    case count = "n"
    case isFinal = "final"
  }
}

/// Accuracy of a lane against the baseline on the same validation samples.
public struct AgreementReport: Codable, Sendable, Hashable {
  /// The lane compared with.
  public var baseline: LaneID
  /// The lane compared.
  public var lane: LaneID
  /// Attempts that both had made.
  public var attempt: Int
  /// Accuracy of the lane minus the baseline's (a fraction, not points).
  public var difference: Double
  /// Lower end of the 95 % interval of the difference.
  public var low: Double
  /// Upper end of the 95 % interval of the difference.
  public var high: Double
  /// Number of samples.
  public var count: Int
  /// McNemar's exact two-sided p value; nil where scores are shares, and McNemar's test has no meaning.
  public var mcNemarP: Double?
  /// Two-sided p value of no difference: McNemar's, or of the paired t-test where scores are shares; nil in older files.
  public var pValue: Double?
  /// Why the comparison means nothing (a precision toggle during the run); nil where it stands.
  public var void: String?

  /// Creates a report of a comparison.
  public init(
    baseline: LaneID, lane: LaneID, attempt: Int, difference: Double, low: Double, high: Double, count: Int,
    mcNemarP: Double?, pValue: Double? = nil, void: String?
  ) {
    self.baseline = baseline
    self.lane = lane
    self.attempt = attempt
    self.difference = difference
    self.low = low
    self.high = high
    self.count = count
    self.mcNemarP = mcNemarP
    self.pValue = pValue
    self.void = void
  }

  enum CodingKeys: String, CodingKey {
    case baseline, lane, attempt, difference, low, high
    case count = "n"
    case mcNemarP = "mcnemarP"
    case pValue = "p"
    case void
  }
}
