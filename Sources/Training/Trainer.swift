public import BackendAPI
public import Datasets
import GraphCompiler
public import GraphIR
import Synchronization
import TensorCore
public import TrainingEvents

/// One training run: a model, its state on a device, and the batches it learns from.
///
/// States and who leads from one to the next:
///
///     ready ── step() ──▶ ready            one attempt: committed or skipped as a transaction
///     ready ── adopt(_:) ──▶ ready         another precision, at a step boundary only
///
/// Invariants: (1) every attempt advances `attempt`, whether it commits or not, and its batch and dropout masks depend
/// on nothing but seed and attempt; (2) everything that a step commits is in `state`, so that a copy of it is a complete
/// checkpoint; (3) a change of precision touches no bit of the fp32 state; (4) one thread uses a trainer at a time.
public final class Trainer {
  /// What to train and how.
  ///
  /// Equal for all lanes of a session but for the precision.
  public struct Configuration: Sendable {
    /// The network.
    public var model: Model
    /// Where batches come from; micro-batches, where gradients are accumulated.
    public var batches: any BatchSource
    /// Update rule and learning rate.
    public var optimizer: Optimizer
    /// How the learning rate moves over committed steps.
    public var schedule: LearningRateSchedule
    /// Clippings of the unscaled gradients, in this order.
    public var clipping: [GradientClipping]
    /// Micro-batches whose gradients are summed in a step; 1 for none.
    public var gradientAccumulation: Int
    /// Loss scaling.
    public var scaler: ScalerPolicy
    /// Seed of weights and dropout masks.
    public var seed: UInt64
    /// Compute threads.
    public var threads: Int

    /// Creates a configuration.
    public init(
      model: Model, batches: any BatchSource, optimizer: Optimizer, schedule: LearningRateSchedule = .constant,
      clipping: [GradientClipping] = [], gradientAccumulation: Int = 1,
      scaler: ScalerPolicy = .automatic(GradScaler.Preset.torch.settings), seed: UInt64 = 0, threads: Int = 1
    ) {
      self.model = model
      self.batches = batches
      self.optimizer = optimizer
      self.schedule = schedule
      self.clipping = clipping
      self.gradientAccumulation = gradientAccumulation
      self.scaler = scaler
      self.seed = seed
      self.threads = threads
    }

    /// Samples of one step.
    public var samplesPerStep: Int { batches.batchSize * gradientAccumulation }

    /// Steps that the source has batches for; nil where they never end.
    public var attemptLimit: Int? { batches.attemptLimit.map { $0 / gradientAccumulation } }
  }

  /// What is trained and how.
  public let configuration: Configuration
  /// The device.
  public let backend: any Backend
  /// Everything that a step commits.
  public private(set) var state: any DeviceState
  /// The mode of the next attempt.
  public private(set) var precision: Precision
  /// Index of the next attempt.
  public private(set) var attempt = 0
  /// Learning rate that the schedule starts from.
  public var learningRate: Double

  private(set) var executable: any Executable
  private var cache: [Precision: any Executable] = [:]
  private var inference: [InferenceKey: any Executable] = [:]
  private let prefetcher: BatchPrefetcher

  /// Builds and compiles the network, and draws its first weights.
  ///
  /// Throws `GraphError` where the network does not fit the data, `BackendError` where the device cannot run it,
  /// `AllocationError` where memory is short, and `TrainingError` where a constant of the loss scaler is out of range.
  public convenience init(
    _ configuration: Configuration, precision: Precision, backend: any Backend
  ) throws {
    let compiled = try Trainer.compile(configuration, precision: precision, backend: backend)
    let state = try backend.makeState(compiled.layout)
    try state.initialize(compiled.forward.parameters, seed: configuration.seed)
    try self.init(configuration, compiled: compiled, state: state, attempt: 0, backend: backend)
  }

  /// Goes on from a state: for twins, tests, and lanes cloned from another.
  ///
  /// `attempt` is the index of the next attempt. The scaler of the state is kept where the mode has one.
  public convenience init(
    _ configuration: Configuration, precision: Precision, continuing state: any DeviceState, attempt: Int,
    backend: any Backend
  ) throws {
    let compiled = try Trainer.compile(configuration, precision: precision, backend: backend)
    try self.init(configuration, compiled: compiled, state: state, attempt: attempt, backend: backend)
  }

  private init(
    _ configuration: Configuration, compiled: CompiledStep, state: any DeviceState, attempt: Int,
    backend: any Backend
  ) throws {
    try configuration.scaler.validate()
    self.configuration = configuration
    self.backend = backend
    self.state = state
    self.attempt = attempt
    precision = compiled.precision
    executable = compiled.executable
    cache[compiled.precision] = compiled.executable
    learningRate = configuration.optimizer.learningRate
    let source: any BatchSource =
      configuration.gradientAccumulation == 1
      ? configuration.batches
      : AccumulatedBatches(source: configuration.batches, count: configuration.gradientAccumulation)
    prefetcher = BatchPrefetcher(source: source, firstAttempt: attempt)
    state.control.scaler =
      state.control.scaler.switched(to: configuration.scaler.scaler(for: compiled.precision)).scaler
    try executable.activate(state)
  }

  /// Makes one attempt and says what it did.
  ///
  /// Throws what the batch source throws, and `BackendError` where a kernel fails; neither changes the state.
  public func step() throws -> StepResult {
    let began = MonotonicClock.nanoseconds()
    let batch = try prefetcher.take(attempt: attempt)
    let rate = currentLearningRate
    let request = StepRequest(
      attempt: UInt64(attempt), seed: configuration.seed, learningRate: Float(rate), batch: batch.inputs,
      labels: batch.targets)
    let outcome = try executable.run(request, on: state)
    let index = attempt
    attempt += 1
    return StepResult(
      attempt: index, outcome: outcome, waitMilliseconds: batch.waitMilliseconds,
      totalMilliseconds: Double(MonotonicClock.nanoseconds() - began) * 1e-6, learningRate: rate,
      control: state.control)
  }

  /// Learning rate of the next attempt: the schedule follows committed steps.
  public var currentLearningRate: Double {
    configuration.schedule.rate(base: learningRate, committedSteps: Int(state.control.committedSteps))
  }

  /// Takes over a compiled step of another precision, at a step boundary.
  ///
  /// The fp32 state is untouched bit for bit.
  ///
  /// Returns what became of the loss scaler. Throws `BackendError` or `AllocationError`; the old mode then goes on.
  @discardableResult
  public func adopt(_ compiled: CompiledStep) throws -> PrecisionReport.ScalerFate {
    try compiled.executable.activate(state)
    let (scaler, fate) = state.control.scaler.switched(to: configuration.scaler.scaler(for: compiled.precision))
    state.control.scaler = scaler
    executable = compiled.executable
    precision = compiled.precision
    cache[compiled.precision] = compiled.executable
    return fate
  }

  /// Changes the precision now, compiling if need be.
  ///
  /// See `adopt(_:)`.
  @discardableResult
  public func setPrecision(_ precision: Precision) throws -> PrecisionReport.ScalerFate {
    if let cached = cachedStep(precision) { return try adopt(cached) }
    return try adopt(Trainer.compile(configuration, precision: precision, backend: backend))
  }

  /// The compiled step of a precision that ran before; nil where there is none.
  func cachedStep(_ precision: Precision) -> CompiledStep? {
    cache[precision].map { CompiledStep(executable: $0, precision: precision, forward: $0.graph, layout: state.layout) }
  }

  /// Planned bytes of the running mode by owner.
  public var memory: (bytes: MemoryBreakdown, peak: Int, unshared: Int) {
    let plan = executable.plan
    return (
      memoryBreakdown(layout: state.layout, plan: plan), state.layout.byteCount + plan.arenaBytes,
      state.layout.byteCount + plan.unsharedBytes
    )
  }

  /// Which kernel computes each node of the running mode.
  public var implementations: [String] { executable.implementations }

  /// Runs `body` with the inference executable of the running precision active, then restores the training one.
  func withInference<R>(batchSize: Int, _ body: (any Executable) throws -> R) throws -> R {
    let key = InferenceKey(precision: precision, batchSize: batchSize)
    let executable = try inference[key] ?? compileInference(batchSize: batchSize)
    inference[key] = executable
    try executable.activate(state)
    let result = Result { try body(executable) }
    try self.executable.activate(state)
    return try result.get()
  }

  /// What an inference executable is compiled for.
  private struct InferenceKey: Hashable {
    var precision: Precision
    var batchSize: Int
  }

  private func compileInference(batchSize: Int) throws -> any Executable {
    let pipeline = CompilerPipeline(autocastFormat: precision.autocastFormat?.dtype)
    let stages = try pipeline.inferenceStages(configuration.model.inferenceGraph(batchSize: batchSize))
    return try backend.compile(
      stages[stages.count - 1].graph, layout: state.layout, threads: configuration.threads)
  }
}
