import BackendAPI
import Datasets
import RunStatistics
import SafetensorsFormat
import Synchronization
import TrainingEvents

/// One lane on its own thread: its trainer, its mail, its ring.
///
///     compiling ──▶ running ⇄ paused ──▶ (all retired) ──▶ evaluating ──▶ finished | diverged
///         │            ├──────────── the loss scaler is exhausted ───────▶ diverged
///         │            ├──────────── the user takes it out ──────────────▶ dropped
///         └────────────┴──────────── an error ───────────────────────────▶ failed
///
/// Invariants: (1) mail is read between steps only; (2) the trainer is touched by this thread only; (3) every attempt is
/// one `step` event; (4) the last event of a lane is its final state.
// @unchecked: everything mutable is touched by the lane's thread only; what others read is behind locks.
final class LaneRunner: @unchecked Sendable {
  let lane: LaneID
  /// Tells it from another of the same letter.
  let serial: Int
  let mailbox = LaneMailbox()
  let ring: EventRing
  /// Rare events that found the ring full.
  let overflow = Mutex<[TrainingEvent]>([])
  /// What the lane is wished to run, overrides that mean nothing to the mode of the moment among it.
  let wish: Mutex<PrecisionPolicy>
  let shared: SessionShared
  /// What the lane runs or is going to.
  var policy: PrecisionPolicy
  /// How it trains or is going to, with its own batch and clipping.
  var configuration: Trainer.Configuration
  /// Whether it was taken out.
  let isDropped = Atomic<Bool>(false)
  private let origin: LaneOrigin
  var isCompiling = false
  var faults: [Fault]
  var numerics: NumericsWatch
  private(set) var consecutiveSkips = 0
  private var committed = 0
  private var nextAttempt = 0
  private var lastLoss = 0.0
  private var isPaused = false
  private var lastMemoryReport: Int64 = 0
  var headroomQuestion: HeadroomQuestion?
  var headroom: Int?

  init(lane: LaneID, policy: PrecisionPolicy, shared: SessionShared, origin: LaneOrigin = .start) {
    self.lane = lane
    self.origin = origin
    serial = shared.runnerCount.add(1, ordering: .relaxed).newValue
    configuration = shared.configuration
    wish = Mutex(policy)
    self.policy = policy.applicable
    self.shared = shared
    faults = shared.options.faults.filter { $0.lane == nil || $0.lane == lane }
    numerics = NumericsWatch(interval: shared.options.numericsInterval)
    ring = EventRing(capacity: shared.options.ringCapacity)
  }

  /// The whole life of the lane; runs on its thread.
  func run() {
    do {
      let trainer = try start()
      try train(trainer)
      mailbox.close()
      shared.coordinator.retire(lane)
      if isDropped.load(ordering: .relaxed) {
        emitState(.dropped, attempt: trainer.attempt)
        shared.rosterChange.read { $0 }?()
      } else if let exhaustion = trainer.state.control.scaler?.exhaustion {
        try giveUp(trainer, exhaustion)
      } else {
        shared.coordinator.waitForAllRetired()
        try finish(trainer)
      }
    } catch {
      mailbox.close()
      emit(.error(Message(lane: lane, text: "\(error)")))
      emitState(.failed, attempt: nextAttempt)
      shared.coordinator.retire(lane)
    }
    shared.ended.update { _ = $0.insert(serial) }
  }

  private func start() throws -> Trainer {
    for problem in configureThread(shared.processors(for: lane)) {
      emit(.note(Message(lane: lane, text: problem)))
    }
    measurePeaks()
    let trainer: Trainer
    switch origin {
    case .start:
      emitState(.compiling, attempt: 0)
      trainer = try freshTrainer()
    case .firstWeights: trainer = try joinFresh(freshTrainer())
    case .clone(let source): trainer = try joinAsClone(of: source)
    }
    emitMemory(trainer)
    emitWarnings(trainer)
    isPaused = shared.coordinator.isPaused
    emitState(isPaused ? .paused : .running, attempt: trainer.attempt)
    return trainer
  }

  private func freshTrainer() throws -> Trainer {
    let trainer = try Trainer(
      configuration, precision: policy.mode, overrides: policy.overrides, backend: shared.backend)
    if let weights = shared.options.initialWeights { try trainer.loadWeights(from: weights) }
    return trainer
  }

  func configureThread(_ processors: [Int]) -> [String] {
    shared.backend.configureThread(
      threads: shared.configuration.threads, processors: processors, niceness: shared.options.niceness)
  }

  // MARK: Training

  private func train(_ trainer: Trainer) throws {
    while trainer.attempt < shared.attemptLimit, trainer.state.control.scaler?.isExhausted != true {
      switch shared.coordinator.enter(lane, knowsPause: isPaused, hasMail: { mailbox.hasMail }) {
      case .stop: return
      case .interrupted(let paused):
        if paused != isPaused { emitState(paused ? .paused : .running, attempt: trainer.attempt) }
        isPaused = paused
        try readMail(trainer)
        if isDropped.load(ordering: .relaxed) { return }
      case .step(let segment, _):
        // The turn passes when the step is reported: events of alternating lanes come in the order of their steps.
        defer { shared.coordinator.leave(lane) }
        let faults = takeFaults(trainer)
        let scaleBefore = trainer.state.control.scaler?.scale
        let result = try trainer.step(
          faults: faults, inspection: numerics.inspection(attempt: trainer.attempt),
          diagnosing: isDiagnosed(trainer.attempt))
        report(result, scaleBefore: scaleBefore, segment: segment)
        reportNumerics(result, trainer)
        reportMemoryNowAndThen(trainer)
      }
    }
  }

  private func report(_ result: StepResult, scaleBefore: Float?, segment: Int) {
    nextAttempt = result.attempt + 1
    lastLoss = result.loss
    consecutiveSkips = result.isCommitted ? 0 : consecutiveSkips + 1
    committed = Int(result.control.committedSteps)
    emit(.step(result.report(lane: lane, segment: segment, samples: configuration.samplesPerStep)))
    if let before = scaleBefore, let scaler = result.control.scaler, before != scaler.scale {
      let advance: ScaleReport.Cause = scaler.settings.rule == .measured ? .measured : .growth
      emit(
        .scale(
          ScaleReport(
            lane: lane, attempt: result.attempt, from: Double(before), to: Double(scaler.scale),
            cause: result.isCommitted ? advance : .backoff)))
    }
  }

  /// The plan stays, but the size of the process moves; read between steps, every two seconds.
  private func reportMemoryNowAndThen(_ trainer: Trainer) {
    let now = MonotonicClock.nanoseconds()
    guard now - lastMemoryReport > LaneRunner.memoryInterval else { return }
    emitMemory(trainer)
  }

  /// Nanoseconds between two memory reports.
  private static let memoryInterval: Int64 = 2_000_000_000

  // MARK: The end

  /// Ends a lane whose loss scaler has nowhere to go: at once, as its original raises, and without an evaluation, which
  /// would wait for the other lanes.
  private func giveUp(_ trainer: Trainer, _ reason: String) throws {
    emit(.error(Message(lane: lane, text: reason)))
    try saveWeights(of: trainer)
    emitState(.diverged, attempt: trainer.attempt)
  }

  private func saveWeights(of trainer: Trainer) throws {
    guard lane.rawValue == 0, let path = shared.options.saveWeightsTo else { return }
    try trainer.state.saveWeights(
      to: path, metadata: ["format": "pt", "precision": trainer.precision.rawValue, "steps": "\(committed)"])
    emit(.note(Message(lane: lane, text: "weights written to \(path)")))
  }

  private func finish(_ trainer: Trainer) throws {
    try saveWeights(of: trainer)
    var isDiverged = consecutiveSkips >= LaneRunner.divergenceLimit || !lastLoss.isFinite
    if let dataset = shared.options.evaluation, !shared.isAbandoned {
      shared.coordinator.beginSegment()
      emitState(.evaluating, attempt: trainer.attempt)
      let evaluation = try shared.coordinator.exclusively(lane) {
        try trainer.evaluate(.validation, of: dataset)
      }
      emit(
        .evaluation(
          EvaluationReport(
            lane: lane, attempt: trainer.attempt, loss: evaluation.loss, accuracy: evaluation.accuracy,
            scoreName: dataset.task.scoreName, measures: evaluation.measures, count: evaluation.scores.count,
            isFinal: true)))
      isDiverged = isDiverged || !evaluation.loss.isFinite
      let attempt = trainer.attempt
      shared.evaluations.update { $0[lane] = FinalEvaluation(evaluation: evaluation, attempt: attempt) }
    }
    emitState(isDiverged ? .diverged : .finished, attempt: trainer.attempt)
  }

  /// Attempts in a row without a commit after which a lane counts as diverged.
  static let divergenceLimit = 100

  // MARK: Events

  func emitState(_ state: LaneState, attempt: Int) {
    emit(.lane(LaneStateReport(lane: lane, attempt: attempt, state: state)))
  }

  func emitMemory(_ trainer: Trainer) {
    lastMemoryReport = MonotonicClock.nanoseconds()
    let memory = trainer.memory
    planHeadroom(trainer, peak: memory.peak)
    emit(
      .memory(
        MemoryReport(
          lane: lane, attempt: trainer.attempt, precision: trainer.precision, bytes: memory.bytes,
          peak: memory.peak, unshared: memory.unshared, rss: ResidentMemory.bytes,
          largestBatch: headroom, impliedActivations: memory.impliedActivations,
          mostActivations: memory.mostActivations)))
  }

  func emit(_ body: TrainingEvent.Body) {
    let event = TrainingEvent(time: MonotonicClock.wallSeconds(), body: body)
    if shared.options.isLossless, ring.isFull {
      shared.drained.wait { _ in ring.isFull ? nil : () }
    }
    // Only steps can be dropped; states, precisions and evaluations are rare and must arrive.
    if case .step = body {
      ring.push(event)
    } else if ring.isFull {
      overflow.withLock { $0.append(event) }
    } else {
      ring.push(event)
    }
  }
}
