import BackendAPI
import Synchronization
import TrainingEvents

/// Where a lane comes from.
enum LaneOrigin {
  /// The session began with it.
  case start
  /// It joined later, and starts from the first weights.
  case firstWeights
  /// It joined later, and goes on from the state of another.
  case clone(LaneRunner)
}

/// How a lane joins a session that is under way.
extension LaneRunner {
  /// Takes its place among the lanes, at attempt 0.
  func joinFresh(_ trainer: Trainer) throws -> Trainer {
    guard shared.coordinator.join(lane, after: nil) else { throw LaneRunner.tooLate }
    announce(trainer, source: nil)
    return trainer
  }

  /// Compiles first, so that nobody waits for that, and then goes on from the source's next step boundary.
  ///
  /// Under `alternating` it steps right after its source, so that the two make the same attempts as neighbours.
  func joinAsClone(of source: LaneRunner) throws -> Trainer {
    configuration = source.configuration
    var compiled = try Trainer.compile(configuration, policy: policy, backend: shared.backend)
    let request = CloneRequest(lane: lane)
    source.mailbox.post(request)
    shared.coordinator.wake()
    guard let copy = request.wait() else { throw LaneRunner.tooLate }
    // The source may have changed its batch or clipping while this one compiled.
    configuration = copy.configuration
    if !compiled.isFor(policy, configuration) {
      compiled = try Trainer.compile(configuration, policy: policy, backend: shared.backend)
    }
    let trainer = try Trainer(
      compiled: compiled, continuing: copy.state, attempt: copy.attempt, backend: shared.backend)
    trainer.learningRate = copy.learningRate
    try trainer.continueScaling(copy.scaler)
    announce(trainer, source: source.lane)
    return trainer
  }

  /// Hands copies of this lane to those that are to join.
  func answer(_ requests: [CloneRequest], _ trainer: Trainer) {
    for request in requests {
      guard let state = try? trainer.state.copy(), shared.coordinator.join(request.lane, after: lane) else {
        request.refuse()
        continue
      }
      request.fulfil(
        CloneRequest.Copy(
          state: state, attempt: trainer.attempt, learningRate: trainer.learningRate, scaler: trainer.scalerPolicy,
          policy: trainer.policy, configuration: trainer.configuration))
    }
  }

  private func announce(_ trainer: Trainer, source: LaneID?) {
    // It does not answer for a whole run in its precision.
    shared.toggled.update { _ = $0.insert(lane) }
    shared.rosterChange.read { $0 }?()
    for problem in configureThread(shared.processors(for: lane)) {
      emit(.note(Message(lane: lane, text: problem)))
    }
    let description = LaneDescription(
      lane: lane, precision: trainer.precision,
      scaler: trainer.state.control.scaler.map { ScalerDescription($0.settings) },
      overrides: trainer.policy.overrides.isEmpty ? nil : trainer.policy.overrides)
    emit(.added(LaneAddedReport(description: description, attempt: trainer.attempt, source: source)))
  }

  private static let tooLate = TrainingError("the lane came too late: the others have no steps left")
}
