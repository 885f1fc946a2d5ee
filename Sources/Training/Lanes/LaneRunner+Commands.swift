import BackendAPI
import Datasets
import GraphIR
import Synchronization
import TensorCore
import TrainingEvents

/// What a lane does about its mail, between steps.
extension LaneRunner {
  func readMail(_ trainer: Trainer) throws {
    let mail = mailbox.take()
    if let rate = mail.learningRate { trainer.learningRate = rate }
    if let processors = mail.processors {
      for problem in configureThread(processors) { emit(.note(Message(lane: lane, text: problem))) }
    }
    if let wish = mail.numerics { numerics.setInterval(wish.interval, from: trainer.attempt) }
    faults += mail.faults
    if mail.scaler != nil || mail.scale != nil {
      changeScaler(trainer) {
        if let scaler = mail.scaler { try $0.setScaler(scaler) }
        if let scale = mail.scale { try $0.setScale(scale) }
      }
    }
    if let policy = mail.policy { self.policy = policy }
    if let batchSize = mail.batchSize { resize(to: batchSize) }
    if let clipping = mail.clipping { configuration.clipping = clipping }
    if mail.policy != nil || mail.batchSize != nil || mail.clipping != nil { requestStep(of: trainer) }
    if let compiled = mail.compiled { adopt(compiled, trainer) }
    if let result = mail.headroom, result.question == headroomQuestion {
      headroom = result.batchSize
      emitMemory(trainer)
    }
    answer(mail.clones, trainer)
    if mail.isDropped { isDropped.store(true, ordering: .relaxed) }
  }

  /// Changes the scaler and says what that made of the scale.
  func changeScaler(_ trainer: Trainer, _ change: (Trainer) throws -> Void) {
    let (before, policyBefore) = (trainer.state.control.scaler, trainer.scalerPolicy)
    do {
      try change(trainer)
    } catch {
      emit(.error(Message(lane: lane, text: "\(error)")))
      return
    }
    let isNew = trainer.scalerPolicy != policyBefore
    guard let after = trainer.state.control.scaler else {
      if before != nil { emit(.note(Message(lane: lane, text: "no loss scaling from attempt \(trainer.attempt)"))) }
      return
    }
    if isNew {
      let text = "loss scaler \(ScalerDescription(after.settings).explanation) from attempt \(trainer.attempt)"
      emit(.note(Message(lane: lane, text: text)))
    }
    emit(
      .scale(
        ScaleReport(
          lane: lane, attempt: trainer.attempt, from: Double(before?.scale ?? after.scale), to: Double(after.scale),
          cause: isNew ? .reset : .forced)))
  }

  // MARK: Precision

  private func resize(to batchSize: Int) {
    do {
      configuration.batches = try configuration.batches.resized(to: batchSize)
    } catch {
      emit(.error(Message(lane: lane, text: "batch \(batchSize): \(error)")))
    }
  }

  /// Asks for a step of the wanted policy, batch and clipping.
  ///
  /// Switches at once where such a step ran before; else compiles beside the training, which goes on as it was.
  private func requestStep(of trainer: Trainer) {
    let (wanted, configuration) = (policy, configuration)
    // What is being compiled for an earlier wish is then nobody's (`adopt`).
    guard !trainer.runs(wanted, configuration) else { return }
    if let cached = trainer.cachedStep(wanted, configuration) {
      adopt(
        CompilationResult(policy: wanted, configuration: configuration, milliseconds: 0, result: .success(cached)),
        trainer)
      return
    }
    guard !isCompiling else { return }
    isCompiling = true
    shared.coordinator.beginSegment()
    let backend = shared.backend
    let (mailbox, coordinator) = (mailbox, shared.coordinator)
    do {
      let thread = try LaneThread("compile \(lane)") {
        let began = MonotonicClock.nanoseconds()
        let result = Result { try Trainer.compile(configuration, policy: wanted, backend: backend) }
        let milliseconds = Double(MonotonicClock.nanoseconds() - began) * 1e-6
        mailbox.post {
          $0.compiled = CompilationResult(
            policy: wanted, configuration: configuration, milliseconds: milliseconds, result: result)
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
    // Changed again meanwhile: only the last wish counts.
    guard compilation.policy == policy, compilation.configuration.isSame(as: configuration) else {
      requestStep(of: trainer)
      return
    }
    let configurationBefore = trainer.configuration
    let (from, scaleBefore) = (trainer.policy, trainer.state.control.scaler?.scale)
    let layoutBefore = trainer.state.layout
    do {
      let fate = try trainer.adopt(compilation.result.get())
      numerics.restart()
      shared.coordinator.beginSegment()
      shared.toggled.update { _ = $0.insert(lane) }
      if !configurationBefore.isSame(as: trainer.configuration) {
        emit(
          .settings(
            LaneSettingsReport(
              lane: lane, attempt: trainer.attempt, batchSize: trainer.configuration.samplesPerStep,
              clipNorm: trainer.configuration.clipNorm)))
      }
      if trainer.policy == from, fate != .reset {
        emitMemory(trainer)
        return
      }
      emit(
        .precision(
          PrecisionReport(
            lane: lane, attempt: trainer.attempt, from: from.mode, to: trainer.precision,
            compileMilliseconds: compilation.milliseconds, lossy: trainer.state.layout.isNarrower(than: layoutBefore),
            scaler: fate, overrides: trainer.policy.overrides)))
      if fate == .reset, let scale = trainer.state.control.scaler?.scale {
        emit(
          .scale(
            ScaleReport(
              lane: lane, attempt: trainer.attempt, from: Double(scaleBefore ?? scale), to: Double(scale),
              cause: .reset)))
      }
      emitMemory(trainer)
      emitWarnings(trainer)
    } catch {
      (policy, configuration, isCompiling) = (trainer.policy, trainer.configuration, false)
      wish.withLock { $0 = trainer.policy }
      let text = "\(compilation.policy) could not be compiled, \(from) goes on: \(error)"
      emit(.error(Message(lane: lane, text: text)))
    }
  }

  /// What a user should know of a mode before it fails.
  func emitWarnings(_ trainer: Trainer) {
    let optimizer = shared.configuration.optimizer.kind
    let format = trainer.policy.storageFormat
    if let eps = optimizer.eps, eps > 0, format.dtype.rounded(Double(eps)) == 0 {
      let text =
        "\(optimizer.name)'s eps \(eps) is 0 in \(format.rawValue): where a gradient is 0 the update is 0/0, and the step "
        + "is skipped; --eps 1e-4 exists in \(format.rawValue)"
      emit(.note(Message(lane: lane, text: text)))
    }
  }
}

extension StateLayout {
  /// Whether an entry has fewer bits here.
  fileprivate func isNarrower(than other: StateLayout) -> Bool {
    entries.contains { entry in (other[entry.name]?.dtype.size ?? 0) > entry.dtype.size }
  }
}
