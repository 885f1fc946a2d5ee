/// What the host says to a step.
///
/// Points into host memory, so it is made and used on one thread.
public struct StepRequest {
  /// Index of the attempt: keys dropout masks together with `seed`.
  public var attempt: UInt64
  /// Seed of the session.
  public var seed: UInt64
  /// Learning rate of this attempt.
  public var learningRate: Float
  /// The graph's input "x": images channels last in fp32, or indices in int64; copied in when they are needed.
  ///
  /// Where gradients are accumulated, all micro-batches of the step, one after the other.
  public var batch: UnsafeRawBufferPointer
  /// The graph's input "labels": classes in int64, or targets in fp32; of all micro-batches.
  public var labels: UnsafeRawBufferPointer
  /// How closely to look at tensors.
  public var inspection = Inspection.none
  /// What to break on purpose.
  public var injections: [Injection] = []
  /// Whether to read a clock before and after every node; changes no bit of what is computed.
  public var timesNodes = false
  /// A counter of the calling thread that is read before and after every node; nil for none.
  public var nodeCounter: (() -> Int64)?

  /// Creates a request.
  public init(
    attempt: UInt64, seed: UInt64, learningRate: Float, batch: UnsafeRawBufferPointer, labels: UnsafeRawBufferPointer
  ) {
    self.attempt = attempt
    self.seed = seed
    self.learningRate = learningRate
    self.batch = batch
    self.labels = labels
  }
}

/// What changes from step to step and is committed with it.
///
/// Lives with the state.
public struct StepControl: Sendable, Hashable {
  /// Number of committed steps.
  public var committedSteps: Int64
  /// The loss scaler; nil where the mode scales nothing.
  ///
  /// Non-finite steps are skipped all the same.
  public var scaler: GradScaler?
  /// Largest magnitude of a weight and of each optimizer state, kept by the updates; nil where it is unknown.
  ///
  /// Proves cheaply that the next update cannot overflow.
  public var magnitudes: Magnitudes?

  /// Bounds of what the state holds.
  public struct Magnitudes: Sendable, Hashable {
    /// Largest magnitude of a parameter.
    public var weight: Float
    /// Largest magnitudes of the optimizer's states.
    public var state: (first: Float, second: Float) {
      get { (firstState, secondState) }
      set { (firstState, secondState) = newValue }
    }
    private var firstState: Float
    private var secondState: Float

    /// Creates bounds.
    public init(weight: Float, state: (first: Float, second: Float)) {
      self.weight = weight
      (firstState, secondState) = state
    }
  }

  /// The control of a state that has committed nothing.
  public init(scaler: GradScaler? = nil) {
    committedSteps = 0
    self.scaler = scaler
    magnitudes = nil
  }
}

/// What a run did.
public struct StepOutcome: Sendable {
  /// Mean loss of the batch, over all its micro-batches, unscaled; NaN where the graph has no output "loss".
  public var loss: Float
  /// Why nothing was committed; nil where everything was.
  public var skip: Skip?
  /// L2 norm of the unscaled gradients before clipping; infinite or NaN where they are not finite.
  public var gradNorm: Double
  /// The scale used in this run; nil without a scaler.
  public var scale: Float?
  /// Nanoseconds by phase.
  public var nanoseconds: PhaseNanoseconds
  /// What the run saw in its tensors, if it was to look.
  public var readings: [TensorReading]
  /// The parameter or statistic whose update was not finite: of attempts skipped for that reason.
  public var culprit: String?
  /// Nanoseconds by node number, over all micro-batches; empty where they were not asked for.
  public var nodeNanoseconds: [Int64] = []
  /// What the request's counter counted, by node number, over all micro-batches; empty where it had none.
  public var nodeCounts: [Int64] = []

  /// Why an attempt was skipped.
  public enum Skip: Sendable, Hashable {
    /// The loss was not finite.
    case loss
    /// A gradient was not finite.
    case gradient
    /// A value about to be committed was not finite.
    case update
  }

  /// Creates an outcome.
  public init(
    loss: Float, skip: Skip?, gradNorm: Double, scale: Float?, nanoseconds: PhaseNanoseconds,
    readings: [TensorReading] = [], culprit: String? = nil
  ) {
    self.loss = loss
    self.skip = skip
    self.gradNorm = gradNorm
    self.scale = scale
    self.nanoseconds = nanoseconds
    self.readings = readings
    self.culprit = culprit
  }
}

/// Nanoseconds of a run by phase.
public struct PhaseNanoseconds: Sendable, Hashable {
  /// Forward calls without casts.
  public var forward: Int64 = 0
  /// Backward calls without casts.
  public var backward: Int64 = 0
  /// Judging and committing.
  public var optimizer: Int64 = 0
  /// Calls that only convert.
  public var cast: Int64 = 0
  /// Copying the batch in.
  public var data: Int64 = 0
  /// Looking at tensors.
  public var numerics: Int64 = 0

  /// No time at all.
  public init() {}
}
