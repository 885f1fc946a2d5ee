/// What the tensors of one attempt of a lane hold.
public struct NumericsReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// The attempt looked at.
  public var attempt: Int
  /// Loss scale of the attempt; nil where nothing was scaled.
  ///
  /// Gradients in the report are those of the scaled loss, as they were stored.
  public var scale: Double?
  /// Whether every element was looked at, with histograms, on demand; else these are the counters that always run.
  public var isDetailed: Bool
  /// The tensors, in the order in which the step makes them.
  public var tensors: [TensorReport]
  /// Share of the lane's step time that counting has taken so far, 0 to 1.
  public var overhead: Double

  /// Creates a report.
  public init(
    lane: LaneID, attempt: Int, scale: Double?, isDetailed: Bool, tensors: [TensorReport], overhead: Double
  ) {
    self.lane = lane
    self.attempt = attempt
    self.scale = scale
    self.isDetailed = isDetailed
    self.tensors = tensors
    self.overhead = overhead
  }

  enum CodingKeys: String, CodingKey {
    case lane, attempt, scale
    case isDetailed = "detailed"
    case tensors, overhead
  }
}

/// What one tensor holds.
public struct TensorReport: Codable, Sendable, Hashable {
  /// What a tensor is in a training step.
  public enum Kind: String, CaseIterable, Codable, Sendable, Hashable {
    /// Result of a forward operation.
    case activation
    /// Gradient of the scaled loss with respect to an activation.
    case activationGradient
    /// A parameter as it is stored.
    case weight
    /// Gradient of the scaled loss with respect to a parameter.
    case weightGradient
  }

  /// The parameter's name, or layer and operation: unique within its kind.
  public var name: String
  /// The layer, for example "features.0"; empty for what stands outside layers.
  public var layer: String
  /// What it is.
  public var kind: Kind
  /// Format it is stored in.
  public var format: NumericFormat
  /// Number of elements.
  public var count: Int
  /// Elements looked at: all, or a sample.
  public var sampled: Int
  /// Largest magnitude of the finite elements looked at.
  public var largest: Double
  /// Elements looked at that are zero.
  public var zeros: Int
  /// Elements looked at that are infinite.
  public var infinities: Int
  /// Elements looked at that are NaN.
  public var nans: Int
  /// Elements by their power of two; nil where only counters were kept.
  public var histogram: ExponentHistogram?
  /// Share of the elements whose stored value the step changed, 0 to 1: of a weight, in detailed reports of committed
  /// steps.
  public var updateSurvival: Double?

  /// Creates a report.
  public init(
    name: String, layer: String, kind: Kind, format: NumericFormat, count: Int, sampled: Int, largest: Double,
    zeros: Int, infinities: Int, nans: Int, histogram: ExponentHistogram? = nil, updateSurvival: Double? = nil
  ) {
    self.name = name
    self.layer = layer
    self.kind = kind
    self.format = format
    self.count = count
    self.sampled = sampled
    self.largest = largest
    self.zeros = zeros
    self.infinities = infinities
    self.nans = nans
    self.histogram = histogram
    self.updateSurvival = updateSurvival
  }
}

/// Finite elements of a tensor, other than zero, by the power of two at or below their magnitude.
public struct ExponentHistogram: Codable, Sendable, Hashable {
  /// Exponent of the first count.
  public var lowest: Int
  /// Number of elements with 2^(lowest + i) ≤ |x| < 2^(lowest + i + 1).
  public var counts: [Int]

  /// Creates a histogram; empty counts for a tensor of zeros.
  public init(lowest: Int, counts: [Int]) {
    self.lowest = lowest
    self.counts = counts
  }
}

/// Why an attempt was skipped: the first operation whose result was not finite, found by running the attempt again.
public struct DiagnosisReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// The skipped attempt.
  public var attempt: Int
  /// What kind of failure it is.
  public var cause: Cause
  /// The layer, for example "features.0"; empty where the operation stands outside layers.
  public var layer: String
  /// The operation, torch's name; or the tensor, where the cause is what the step was given.
  public var operation: String
  /// "forward", "backward" or "optimizer".
  public var phase: String
  /// Format of the first bad tensor.
  public var format: NumericFormat
  /// Number of its elements.
  public var count: Int
  /// Its infinite elements.
  public var infinities: Int
  /// Its NaN elements.
  public var nans: Int
  /// Largest magnitude among the operands of the operation, all finite; nil where there are none.
  public var largestOperand: Double?
  /// Loss scale of the attempt; nil where nothing was scaled.
  public var scale: Double?
  /// One line for people: what happened and what to do.
  public var explanation: String

  /// Kinds of failure.
  public enum Cause: String, CaseIterable, Codable, Sendable, Hashable {
    /// The batch holds NaN or infinities.
    case data
    /// A weight or statistic holds NaN or infinities, or is beyond the range of the 16-bit format.
    case weights
    /// A forward operation left the range of its format.
    case forwardOverflow
    /// A backward operation left the range of its format: the usual sign of too large a loss scale.
    case backwardOverflow
    /// A constant does not exist in the format: an eps that becomes 0.
    case constant
    /// The update would have written a non-finite weight or optimizer state.
    case update
    /// The user asked for it: see `Fault`.
    case injected
  }

  /// Creates a report; every field is stated.
  public init(
    lane: LaneID, attempt: Int, cause: Cause, layer: String, operation: String, phase: String, format: NumericFormat,
    count: Int, infinities: Int, nans: Int, largestOperand: Double?, scale: Double?, explanation: String
  ) {
    self.lane = lane
    self.attempt = attempt
    self.cause = cause
    self.layer = layer
    self.operation = operation
    self.phase = phase
    self.format = format
    self.count = count
    self.infinities = infinities
    self.nans = nans
    self.largestOperand = largestOperand
    self.scale = scale
    self.explanation = explanation
  }
}
