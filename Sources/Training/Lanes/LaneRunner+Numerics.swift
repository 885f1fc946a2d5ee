import BackendAPI
import TrainingEvents

/// What a lane says of its tensors, and what is broken in it on purpose.
extension LaneRunner {
  /// The faults of the next attempt; what they are is an event.
  func takeFaults(_ trainer: Trainer) -> [Fault] {
    guard !faults.isEmpty else { return [] }
    let due = faults.filter { ($0.attempt ?? trainer.attempt) == trainer.attempt }
    faults.removeAll { ($0.attempt ?? trainer.attempt) <= trainer.attempt }
    return due.filter { fault in
      emit(.fault(FaultReport(lane: lane, attempt: trainer.attempt, fault: fault)))
      guard case .scale(let scale) = fault.action else { return true }
      // Before the step, as if it had been commanded, so that the change of scale is an event of its own.
      changeScaler(trainer) { try $0.setScale(Float(scale)) }
      return false
    }
  }

  /// Whether an attempt is run again if it is skipped.
  ///
  /// Each of the first skips in a row, then at powers of two: a lane that skips for good is not slowed down twice.
  func isDiagnosed(_ attempt: Int) -> Bool {
    let skips = consecutiveSkips + 1
    return skips <= LaneRunner.diagnosedSkips || skips & (skips - 1) == 0
  }

  /// Skips in a row that are all diagnosed.
  static let diagnosedSkips = 32

  func reportNumerics(_ result: StepResult, _ trainer: Trainer) {
    if let finding = result.finding {
      let diagnosis = Diagnosis(
        finding: finding, graph: trainer.graph, policy: trainer.policy, scale: result.outcome.scale)
      emit(
        .diagnosis(
          diagnosis.report(lane: lane, attempt: result.attempt, optimizer: shared.configuration.optimizer.kind)))
    }
    let report = numerics.add(
      result, tensors: trainer.watchedTensors, lane: lane, now: MonotonicClock.nanoseconds())
    if let report { emit(.numerics(report)) }
  }
}
