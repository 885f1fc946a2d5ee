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
///         └────────────┴──────────── an error ───────────────────────────▶ failed
///
/// Invariants: (1) mail is read between steps only; (2) the trainer is touched by this thread only; (3) every attempt is
/// one `step` event; (4) the last event of a lane is its final state.
// @unchecked: everything mutable is touched by the lane's thread only; what others read is behind locks.
final class LaneRunner: @unchecked Sendable {
  let lane: LaneID
  let mailbox = LaneMailbox()
  let ring: EventRing
  /// Rare events that found the ring full.
  let overflow = Mutex<[TrainingEvent]>([])
  private let shared: SessionShared
  private var precision: Precision
  private var isCompiling = false
  private var consecutiveSkips = 0
  private var committed = 0
  private var nextAttempt = 0
  private var lastLoss = 0.0
  private var isPaused = false
  private var lastMemoryReport: Int64 = 0

  init(lane: LaneID, precision: Precision, shared: SessionShared) {
    self.lane = lane
    self.precision = precision
    self.shared = shared
    ring = EventRing(capacity: shared.options.ringCapacity)
  }

  /// The whole life of the lane; runs on its thread.
  func run() {
    do {
      let trainer = try start()
      try train(trainer)
      shared.coordinator.retire(lane)
      if let exhaustion = trainer.state.control.scaler?.exhaustion {
        try giveUp(trainer, exhaustion)
      } else {
        shared.coordinator.waitForAllRetired()
        try finish(trainer)
      }
    } catch {
      emit(.error(Message(lane: lane, text: "\(error)")))
      emitState(.failed, attempt: nextAttempt)
      shared.coordinator.retire(lane)
    }
    shared.ended.update { _ = $0.insert(lane) }
  }

  private func start() throws -> Trainer {
    for problem in configureThread(shared.processors(for: lane)) {
      emit(.note(Message(lane: lane, text: problem)))
    }
    emitState(.compiling, attempt: 0)
    let trainer = try Trainer(shared.configuration, precision: precision, backend: shared.backend)
    if let weights = shared.options.initialWeights { try trainer.loadWeights(from: weights) }
    emitMemory(trainer)
    isPaused = shared.coordinator.isPaused
    emitState(isPaused ? .paused : .running, attempt: 0)
    return trainer
  }

  private func configureThread(_ processors: [Int]) -> [String] {
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
      case .step(let segment, _):
        // The turn passes when the step is reported: events of alternating lanes come in the order of their steps.
        defer { shared.coordinator.leave(lane) }
        let scaleBefore = trainer.state.control.scaler?.scale
        report(try trainer.step(), scaleBefore: scaleBefore, segment: segment)
        reportMemoryNowAndThen(trainer)
      }
    }
  }

  private func report(_ result: StepResult, scaleBefore: Float?, segment: Int) {
    nextAttempt = result.attempt + 1
    lastLoss = result.loss
    consecutiveSkips = result.isCommitted ? 0 : consecutiveSkips + 1
    committed = Int(result.control.committedSteps)
    emit(.step(result.report(lane: lane, segment: segment, samples: shared.configuration.samplesPerStep)))
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

  // MARK: Commands

  private func readMail(_ trainer: Trainer) throws {
    let mail = mailbox.take()
    if let rate = mail.learningRate { trainer.learningRate = rate }
    if let processors = mail.processors {
      for problem in configureThread(processors) { emit(.note(Message(lane: lane, text: problem))) }
    }
    if let precision = mail.precision { request(precision, of: trainer) }
    if let compiled = mail.compiled { adopt(compiled, trainer) }
  }

  /// Switches at once where the mode ran before; else compiles beside the training, which goes on in the old mode.
  private func request(_ wanted: Precision, of trainer: Trainer) {
    precision = wanted
    // What is being compiled for an earlier wish is then nobody's (`adopt`).
    guard wanted != trainer.precision else { return }
    if let cached = trainer.cachedStep(wanted) {
      adopt(CompilationResult(precision: wanted, milliseconds: 0, result: .success(cached)), trainer)
      return
    }
    guard !isCompiling else { return }
    isCompiling = true
    shared.coordinator.beginSegment()
    let (configuration, backend) = (shared.configuration, shared.backend)
    let (mailbox, coordinator) = (mailbox, shared.coordinator)
    do {
      let thread = try LaneThread("compile \(lane)") {
        let began = MonotonicClock.nanoseconds()
        let result = Result { try Trainer.compile(configuration, precision: wanted, backend: backend) }
        let milliseconds = Double(MonotonicClock.nanoseconds() - began) * 1e-6
        mailbox.post {
          $0.compiled = CompilationResult(precision: wanted, milliseconds: milliseconds, result: result)
        }
        coordinator.wake()
      }
      shared.helpers.update { $0.append(thread) }
    } catch {
      isCompiling = false
      emit(.error(Message(lane: lane, text: "\(error)")))
    }
  }

  private func adopt(_ compilation: CompilationResult, _ trainer: Trainer) {
    if compilation.milliseconds > 0 { isCompiling = false }
    // Toggled again meanwhile: only the last wish counts.
    guard compilation.precision == precision else {
      request(precision, of: trainer)
      return
    }
    let (from, scaleBefore) = (trainer.precision, trainer.state.control.scaler?.scale)
    do {
      let fate = try trainer.adopt(compilation.result.get())
      shared.coordinator.beginSegment()
      shared.toggled.update { _ = $0.insert(lane) }
      emit(
        .precision(
          PrecisionReport(
            lane: lane, attempt: trainer.attempt, from: from, to: trainer.precision,
            compileMilliseconds: compilation.milliseconds, lossy: false, scaler: fate)))
      if fate == .reset, let scale = trainer.state.control.scaler?.scale {
        emit(
          .scale(
            ScaleReport(
              lane: lane, attempt: trainer.attempt, from: Double(scaleBefore ?? scale), to: Double(scale),
              cause: .reset)))
      }
      emitMemory(trainer)
    } catch {
      precision = trainer.precision
      let text = "\(compilation.precision.rawValue) could not be compiled, \(from.rawValue) goes on: \(error)"
      emit(.error(Message(lane: lane, text: text)))
    }
  }

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

  private func emitState(_ state: LaneState, attempt: Int) {
    emit(.lane(LaneStateReport(lane: lane, attempt: attempt, state: state)))
  }

  private func emitMemory(_ trainer: Trainer) {
    lastMemoryReport = MonotonicClock.nanoseconds()
    let memory = trainer.memory
    emit(
      .memory(
        MemoryReport(
          lane: lane, attempt: trainer.attempt, precision: trainer.precision, bytes: memory.bytes,
          peak: memory.peak, unshared: memory.unshared, rss: ResidentMemory.bytes)))
  }

  private func emit(_ body: TrainingEvent.Body) {
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
