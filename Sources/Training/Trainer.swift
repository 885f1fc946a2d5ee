public import BackendAPI
import Datasets
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
/// checkpoint; (3) a change of precision touches no bit of the fp32 state, but for modes without masters, which round it
/// once; (4) one thread uses a trainer at a time.
public final class Trainer {
  /// What is trained and how; batches and clipping may have changed since the start (`adopt(_:)`).
  public private(set) var configuration: Configuration
  /// The device.
  public let backend: any Backend
  /// Everything that a step commits.
  public private(set) var state: any DeviceState
  /// The mode of the next attempt, with its overrides.
  public private(set) var policy: PrecisionPolicy
  /// The mode of the next attempt.
  public var precision: Precision { policy.mode }
  /// Loss scaling, as it may have been changed since the start.
  public internal(set) var scalerPolicy: ScalerPolicy
  /// Index of the next attempt.
  public private(set) var attempt = 0
  /// Learning rate that the schedule starts from.
  public var learningRate: Double

  private(set) var executable: any Executable
  private var cache = CompiledStepCache()
  private var inference: [InferenceKey: any Executable] = [:]
  private var prefetcher: BatchPrefetcher

  /// Builds and compiles the network, and draws its first weights.
  ///
  /// Throws `GraphError` where the network does not fit the data, `BackendError` where the device cannot run it,
  /// `AllocationError` where memory is short, and `TrainingError` where a constant of the loss scaler is out of range,
  /// the device cannot run the mode, or the overrides contradict it.
  public convenience init(
    _ configuration: Configuration, precision: Precision, overrides: PrecisionOverrides = PrecisionOverrides(),
    backend: any Backend
  ) throws {
    let compiled = try Trainer.compile(
      configuration, policy: PrecisionPolicy(precision, overrides: overrides), backend: backend)
    let state = try backend.makeState(compiled.layout)
    try state.initialize(compiled.forward.parameters, seed: configuration.seed)
    try self.init(configuration, compiled: compiled, state: state, attempt: 0, backend: backend)
  }

  /// Goes on from a state: for twins, tests, and lanes cloned from another.
  ///
  /// `attempt` is the index of the next attempt. The scaler of the state is kept where the mode has one. A state of
  /// another layout is copied, rounded to this mode's formats.
  public convenience init(
    _ configuration: Configuration, precision: Precision, overrides: PrecisionOverrides = PrecisionOverrides(),
    continuing state: any DeviceState, attempt: Int, backend: any Backend
  ) throws {
    let compiled = try Trainer.compile(
      configuration, policy: PrecisionPolicy(precision, overrides: overrides), backend: backend)
    try self.init(
      configuration, compiled: compiled, state: Trainer.fitted(state, to: compiled.layout, on: backend),
      attempt: attempt, backend: backend)
  }

  /// Goes on from a state with a step that is compiled already.
  convenience init(
    compiled: CompiledStep, continuing state: any DeviceState, attempt: Int, backend: any Backend
  ) throws {
    try self.init(
      compiled.configuration, compiled: compiled, state: Trainer.fitted(state, to: compiled.layout, on: backend),
      attempt: attempt, backend: backend)
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
    policy = compiled.policy
    scalerPolicy = configuration.scaler
    executable = compiled.executable
    cache.insert(compiled)
    learningRate = configuration.optimizer.learningRate
    prefetcher = BatchPrefetcher(source: configuration.stepBatches, firstAttempt: attempt)
    state.control.scaler =
      state.control.scaler.switched(to: configuration.scaler.scaler(for: compiled.policy)).scaler
    try executable.activate(state)
  }

  /// Makes one attempt and says what it did.
  ///
  /// - Parameters:
  ///   - faults: what to break in this attempt, whatever attempt they state.
  ///   - inspection: how closely to look at tensors.
  ///   - diagnosing: whether to run a skipped attempt again and find what was not finite first.
  ///   - timingNodes: whether to time every node of the graph: `StepOutcome.nodeNanoseconds`.
  ///   - nodeCounter: a counter of the calling thread to read around every node: `StepOutcome.nodeCounts`.
  ///
  /// Throws what the batch source throws, `BackendError` where a kernel fails, and `TrainingError` for a fault that fits
  /// nothing; none changes the state, but for faults that break a parameter.
  public func step(
    faults: [Fault] = [], inspection: Inspection = .none, diagnosing: Bool = false, timingNodes: Bool = false,
    nodeCounter: (() -> Int64)? = nil
  ) throws -> StepResult {
    let injections = try faults.isEmpty ? [] : apply(faults)
    let began = MonotonicClock.nanoseconds()
    let batch = try prefetcher.take(attempt: attempt)
    let rate = faults.reduce(currentLearningRate) { $0 * $1.learningRateFactor }
    var request = StepRequest(
      attempt: UInt64(attempt), seed: configuration.seed, learningRate: Float(rate), batch: batch.inputs,
      labels: batch.targets)
    (request.inspection, request.injections, request.timesNodes) = (inspection, injections, timingNodes)
    request.nodeCounter = nodeCounter
    let outcome = try executable.run(request, on: state)
    let nanoseconds = MonotonicClock.nanoseconds() - began - outcome.nanoseconds.numerics
    var result = StepResult(
      attempt: attempt, outcome: outcome, waitMilliseconds: batch.waitMilliseconds,
      totalMilliseconds: Double(nanoseconds) * 1e-6, learningRate: rate, control: state.control)
    if diagnosing, outcome.skip != nil { result.finding = try finding(of: outcome, request) }
    attempt += 1
    return result
  }

  /// What was not finite first in a skipped attempt, which may be run again while its batch is at hand.
  private func finding(of outcome: StepOutcome, _ request: StepRequest) throws -> Finding? {
    if let culprit = outcome.culprit {
      let entry = state.layout[culprit]
      return Finding(
        source: .update(of: culprit), dtype: entry?.dtype ?? .float32, count: entry?.shape.count ?? 0, infinities: 0,
        nans: 0)
    }
    return try executable.diagnose(request, scale: outcome.scale, on: state)
  }

  /// Rebuilds 16-bit copies after parameters changed by other means than a step.
  func refreshCopies() throws { try executable.activate(state) }

  /// The graph of the running mode.
  public var graph: Graph { executable.graph }

  /// The tensors that steps of the running mode can look at.
  public var watchedTensors: [WatchedTensor] { executable.watchedTensors }

  /// Learning rate of the next attempt: the schedule follows committed steps.
  public var currentLearningRate: Double {
    configuration.schedule.rate(base: learningRate, committedSteps: Int(state.control.committedSteps))
  }

  /// Takes over a compiled step of another precision, batch or clipping, at a step boundary.
  ///
  /// Among modes with fp32 masters the state is untouched bit for bit. Entering a mode without rounds parameters,
  /// statistics and optimizer state to its format, once; leaving it again widens what is left.
  ///
  /// Returns what became of the loss scaler. Throws `BackendError` or `AllocationError`; the old mode then goes on.
  @discardableResult
  public func adopt(_ compiled: CompiledStep) throws -> PrecisionReport.ScalerFate {
    let fitted = try Trainer.fitted(state, to: compiled.layout, on: backend)
    try compiled.executable.activate(fitted)
    state = fitted
    let (scaler, fate) = state.control.scaler.switched(to: scalerPolicy.scaler(for: compiled.policy))
    state.control.scaler = scaler
    executable = compiled.executable
    policy = compiled.policy
    cache.insert(compiled)
    let isResized = compiled.configuration.batches.batchSize != configuration.batches.batchSize
    configuration = compiled.configuration
    if isResized {
      prefetcher = BatchPrefetcher(source: configuration.stepBatches, firstAttempt: attempt)
    }
    return fate
  }

  /// A state with a layout: the same one where it fits.
  private static func fitted(
    _ state: any DeviceState, to layout: StateLayout, on backend: any Backend
  ) throws -> any DeviceState {
    guard state.layout != layout else { return state }
    let fitted = try backend.makeState(layout)
    try fitted.adopt(state)
    return fitted
  }

  /// Changes the precision now, compiling if need be.
  ///
  /// See `adopt(_:)`.
  @discardableResult
  public func setPrecision(
    _ precision: Precision, overrides: PrecisionOverrides = PrecisionOverrides()
  ) throws -> PrecisionReport.ScalerFate {
    let policy = PrecisionPolicy(precision, overrides: overrides)
    if let cached = cachedStep(policy, configuration) { return try adopt(cached) }
    return try adopt(Trainer.compile(configuration, policy: policy, backend: backend))
  }

  /// Whether it runs a policy with these batches and this clipping.
  func runs(_ policy: PrecisionPolicy, _ configuration: Configuration) -> Bool {
    self.policy == policy && self.configuration.isSame(as: configuration)
  }

  /// The compiled step of a policy that ran before; nil where there is none.
  func cachedStep(_ policy: PrecisionPolicy, _ configuration: Configuration) -> CompiledStep? {
    cache[policy, configuration]
  }

  /// Planned bytes of the running mode.
  public var memory: PlannedMemory { PlannedMemory(executable, layout: state.layout, policy: policy) }

  /// Which kernel computes each node of the running mode.
  public var implementations: [String] { executable.implementations }

  /// Runs `body` with the inference executable of the running precision active, then restores the training one.
  func withInference<R>(batchSize: Int, _ body: (any Executable) throws -> R) throws -> R {
    let key = InferenceKey(policy: policy, batchSize: batchSize)
    let executable = try inference[key] ?? compileInference(batchSize: batchSize)
    inference[key] = executable
    try executable.activate(state)
    let result = Result { try body(executable) }
    try self.executable.activate(state)
    return try result.get()
  }

  /// What an inference executable is compiled for.
  private struct InferenceKey: Hashable {
    var policy: PrecisionPolicy
    var batchSize: Int
  }

  private func compileInference(batchSize: Int) throws -> any Executable {
    let pipeline = CompilerPipeline(policy.formatRules)
    let stages = try pipeline.inferenceStages(configuration.model.inferenceGraph(batchSize: batchSize))
    return try backend.compile(
      stages[stages.count - 1].graph, layout: state.layout, threads: configuration.threads)
  }
}
