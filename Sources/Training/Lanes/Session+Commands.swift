import BackendAPI
import Synchronization
public import TrainingEvents

extension Session {
  /// Asks for something; it takes effect between steps.
  ///
  /// What was done, or why not, comes as a `command` event.
  ///
  /// Can be called from any thread.
  public func send(_ command: TrainingCommand) {
    let refusal = carryOut(command)
    post(.command(CommandReport(command: command, refusal: refusal)))
    shared.coordinator.wake()
  }

  /// Returns why a command was refused; nil where it is under way.
  private func carryOut(_ command: TrainingCommand) -> String? {
    let coordinator = shared.coordinator
    switch command {
    case .pause: return coordinator.setPaused(true) ? nil : "the session is paused already"
    case .resume: return coordinator.setPaused(false) ? nil : "the session is not paused"
    case .step: return coordinator.grantStep() ? nil : "pause first, then step"
    case .stop:
      coordinator.stop()
      return nil
    case .abandon:
      shared.abandon()
      coordinator.stop()
      return nil
    case .setPrecision(let lane, let precision):
      guard runners.indices.contains(lane.rawValue) else { return "there is no lane \(lane)" }
      guard !coordinator.hasRetired(lane) else { return "lane \(lane) has ended" }
      guard shared.backend.support(for: precision) != nil else {
        return "\(shared.backend.name) cannot run \(precision.rawValue)"
      }
      runners[lane.rawValue].mailbox.post { $0.precision = precision }
      return nil
    case .setLearningRate(let lane, let rate):
      guard rate.isFinite, rate >= 0 else { return "a learning rate is a finite number of at least 0" }
      if let lane, !runners.indices.contains(lane.rawValue) { return "there is no lane \(lane)" }
      for runner in runners where lane == nil || runner.lane == lane {
        runner.mailbox.post { $0.learningRate = rate }
      }
      return nil
    case .setSchedule(let schedule): return change(schedule)
    }
  }

  private func change(_ wanted: Schedule) -> String? {
    let choice = Session.schedule(
      wanted, lanes: runners.count, threads: shared.configuration.threads, processors: shared.processors)
    if let reason = choice.reason { return reason }
    guard let segment = shared.coordinator.setSchedule(wanted) else {
      return "the schedule is \(wanted.rawValue) already"
    }
    post(.schedule(ScheduleReport(schedule: wanted, segment: segment)))
    for runner in runners {
      let processors = shared.processors(for: runner.lane)
      runner.mailbox.post { $0.processors = processors }
    }
    return nil
  }
}
