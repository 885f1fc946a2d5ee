public import BackendAPI
public import Datasets
import GraphIR
import RunStatistics
public import SafetensorsFormat
import Synchronization
public import TrainingEvents

/// Lanes that train the same model on the same batches, each at its own precision, each on its own thread.
///
/// A front end makes a session, calls `start()`, then again and again `drain()` for events, and `send(_:)` for commands.
/// When all lanes have ended, the last drain brings the comparison of the lanes and the summary, and `isOver` is true.
/// The same seed gives every lane the same first weights, batches and masks: two fp32 lanes draw the same curve bit for
/// bit.
public final class Session: Sendable {
  /// What a session does besides training.
  public struct Options: Sendable {
    /// Attempts of every lane; nil trains until stopped.
    public var steps: Int?
    /// How lanes share the device, if that is possible.
    public var schedule: Schedule
    /// Data whose validation split judges the lanes at the end; nil where there is none (replayed batches).
    public var evaluation: (any Dataset)?
    /// Weights that every lane starts from.
    public var initialWeights: SafetensorsFile?
    /// Where lane A's weights go at the end.
    public var saveWeightsTo: String?
    /// How much compute threads give way to others, 0 to 19.
    public var niceness: Int
    /// Whether lanes wait for a slow reader rather than drop step events.
    public var isLossless: Bool
    /// Whether lanes wait for `resume` before their first step.
    public var startsPaused: Bool
    /// Step events that a lane can be ahead of the reader.
    public var ringCapacity: Int
    /// What to break on purpose.
    public var faults: [Fault] = []
    /// Whether to measure how fast the machine multiplies, and to plan the largest batches that would fit: what a screen
    /// shows beside the lanes.
    public var plansAhead = false
    /// Attempts from one look at every element of every tensor to the next; nil for never.
    public var numericsInterval: Int?

    /// Creates options.
    public init(
      steps: Int? = nil, schedule: Schedule = .concurrent, evaluation: (any Dataset)? = nil,
      initialWeights: SafetensorsFile? = nil, saveWeightsTo: String? = nil, niceness: Int = 10,
      isLossless: Bool = false, startsPaused: Bool = false, ringCapacity: Int = 4096
    ) {
      self.steps = steps
      self.schedule = schedule
      self.evaluation = evaluation
      self.initialWeights = initialWeights
      self.saveWeightsTo = saveWeightsTo
      self.niceness = niceness
      self.isLossless = isLossless
      self.startsPaused = startsPaused
      self.ringCapacity = ringCapacity
    }
  }

  /// What the lanes are, at the start.
  public let description: SessionDescription
  let shared: SessionShared
  /// Lanes that train or have trained; those that were taken out stay until their last events are drained.
  let roster: Mutex<[LaneRunner]>
  /// Events of the session itself, in order.
  let outbox = Mutex<[TrainingEvent]>([])
  let progress: Mutex<Progress>
  private let threads = Mutex<[LaneThread]>([])

  /// What the reader's side remembers between drains.
  struct Progress {
    var builder = RunSummaryBuilder()
    var isOver = false
  }

  /// Creates a session; nothing runs yet.
  ///
  /// - Parameters:
  ///   - configuration: the same for every lane.
  ///   - policies: one a lane, 1 to 4.
  ///   - backend: the device of all lanes.
  ///   - options: what the session does besides training.
  ///   - data: what to tell people about the data.
  ///   - machine: what to tell people about the machine.
  ///   - versions: of the program and its libraries.
  ///
  /// Throws `TrainingError` for a number of lanes, a ring capacity or a constant of the loss scaler out of range, a mode
  /// that the device cannot run, overrides that contradict a mode, and a fault that fits no tensor, and `GraphError` where
  /// the network does not fit the data or an override names nothing.
  public init(
    configuration: Trainer.Configuration, policies: [PrecisionPolicy], backend: any Backend, options: Options,
    data: DataDescription, machine: MachineDescription, versions: [String: String]
  ) throws {
    guard (1...4).contains(policies.count) else {
      throw TrainingError("a session has 1 to 4 lanes, found \(policies.count)")
    }
    guard options.ringCapacity >= 1 else {
      throw TrainingError("the ring of a lane holds at least 1 event, found \(options.ringCapacity)")
    }
    guard configuration.threads >= 1 else {
      throw TrainingError("a lane has at least 1 thread, found \(configuration.threads)")
    }
    guard configuration.gradientAccumulation >= 1 else {
      throw TrainingError(
        "gradients are accumulated over 1 micro-batch or more, found \(configuration.gradientAccumulation)")
    }
    try configuration.scaler.validate()
    let lanes = policies.indices.map { LaneID($0) }
    let training = try configuration.model.trainingGraph(batchSize: configuration.batches.batchSize)
    let forward = try configuration.model.inferenceGraph(batchSize: 1)
    for (lane, policy) in zip(lanes, policies) {
      guard let reason = try Session.refusal(of: policy, backend: backend, forward: training) else { continue }
      throw TrainingError("lane \(lane): \(reason)")
    }
    for fault in options.faults {
      if let problem = Session.problem(with: fault, lanes: lanes, forward: training) { throw TrainingError(problem) }
    }
    let processors = ProcessorSet.allowed
    let choice = Session.schedule(
      options.schedule, lanes: lanes.count, threads: configuration.threads, processors: processors)
    let baseline = policies.firstIndex { $0.mode == .fp32 } ?? 0
    description = SessionDescription(
      model: configuration.model.name, parameterCount: forward.trainableCount,
      forwardFLOPsPerSample: forward.floatingPointOperations, data: data,
      batchSize: configuration.samplesPerStep, optimizer: configuration.optimizer.kind.name,
      learningRate: configuration.optimizer.learningRate, seed: configuration.seed, steps: options.steps,
      schedule: choice.schedule, threadsPerLane: configuration.threads,
      lanes: zip(lanes, policies).map { lane, policy in
        LaneDescription(
          lane: lane, precision: policy.mode,
          scaler: configuration.scaler.scaler(for: policy).map { ScalerDescription($0.settings) },
          overrides: policy.overrides.isEmpty ? nil : policy.overrides)
      },
      baseline: LaneID(baseline), machine: machine,
      precisions: Precision.allCases.map { backend.support(for: $0) }, versions: versions)
    shared = SessionShared(
      configuration: configuration, backend: backend, options: options, lanes: lanes, schedule: choice.schedule,
      processors: processors, forward: training, baseline: LaneID(baseline))
    let shared = shared
    roster = Mutex(zip(lanes, policies).map { LaneRunner(lane: $0, policy: $1, shared: shared) })
    progress = Mutex(Progress())
    post(.session(description))
    if let reason = choice.reason {
      post(.schedule(ScheduleReport(schedule: choice.schedule, segment: 0, reason: reason)))
    }
  }

  /// Creates a session of lanes whose modes are as they are: see the other initializer.
  public convenience init(
    configuration: Trainer.Configuration, precisions: [Precision], backend: any Backend, options: Options,
    data: DataDescription, machine: MachineDescription, versions: [String: String]
  ) throws {
    try self.init(
      configuration: configuration, policies: precisions.map { PrecisionPolicy($0) }, backend: backend,
      options: options, data: data, machine: machine, versions: versions)
  }

  /// Starts the lanes.
  ///
  /// Once only. Throws `TrainingError` where the system gives no threads.
  public func start() throws {
    shared.rosterChange.update { change in
      change = { [weak self] in self?.spreadProcessors() }
    }
    for runner in runners { try start(runner) }
  }

  func start(_ runner: LaneRunner) throws {
    let thread = try LaneThread("lane \(runner.lane)") { runner.run() }
    threads.withLock { $0.append(thread) }
  }

  /// Waits until every lane's thread is done.
  ///
  /// Call it after `stop` or `abandon`, and keep draining in lossless mode.
  public func join() {
    for thread in threads.withLock({ threads in
      defer { threads = [] }
      return threads
    }) { thread.join() }
    for helper in shared.helpers.update({ helpers in
      defer { helpers = [] }
      return helpers
    }) { helper.join() }
  }

  /// Puts an event of the session itself in line.
  func post(_ body: TrainingEvent.Body) {
    let event = TrainingEvent(time: MonotonicClock.wallSeconds(), body: body)
    outbox.withLock { $0.append(event) }
  }

  /// The schedule that is possible: `concurrent` needs a processor for every thread of every lane.
  static func schedule(
    _ wanted: Schedule, lanes: Int, threads: Int, processors: [Int]
  ) -> (schedule: Schedule, reason: String?) {
    guard wanted == .concurrent, lanes > 1, lanes * threads > processors.count else { return (wanted, nil) }
    return (
      .alternating,
      "concurrent needs \(lanes) lanes x \(threads) threads = \(lanes * threads) processors, this process may use "
        + "\(processors.count): alternating instead"
    )
  }
}
