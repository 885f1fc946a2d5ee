import BackendAPI
import Synchronization
import TrainingEvents

/// Lanes that come and go.
extension Session {
  /// Most lanes at a time.
  static let maximumLanes = 4

  /// Lanes that train or have trained, in the order in which they came.
  var runners: [LaneRunner] { roster.withLock { $0 } }

  /// The lane of a letter that has steps left; a reason why not where there is none.
  func running(_ lane: LaneID) -> (runner: LaneRunner?, refusal: String?) {
    guard let runner = runners.last(where: { $0.lane == lane && !$0.isDropped.load(ordering: .relaxed) }) else {
      return (nil, "there is no lane \(lane)")
    }
    guard !shared.coordinator.hasRetired(lane) else { return (nil, "lane \(lane) has ended") }
    return (runner, nil)
  }

  /// Adds a lane; returns why that is not possible.
  func add(_ policy: PrecisionPolicy, cloning source: LaneID?) -> String? {
    do {
      let refusal = try Session.refusal(of: policy, backend: shared.backend, forward: shared.forward)
      if let refusal { return refusal }
    } catch {
      return "\(error)"
    }
    guard !shared.coordinator.isStopping, !shared.coordinator.active.isEmpty else { return "the session is over" }
    var origin = LaneOrigin.firstWeights
    if let source {
      let found = running(source)
      guard let runner = found.runner else { return found.refusal }
      origin = .clone(runner)
    }
    let (shared, taken) = (shared, runners)
    guard taken.count < Session.maximumLanes else {
      return "a session has at most \(Session.maximumLanes) lanes; drop one first"
    }
    let letters = Set(taken.map(\.lane))
    guard let lane = (0..<Session.maximumLanes).map({ LaneID($0) }).first(where: { !letters.contains($0) }) else {
      return "a lane that was dropped is still ending; try again"
    }
    makeRoom(forLanes: taken.count + 1)
    let runner = LaneRunner(lane: lane, policy: policy, shared: shared, origin: origin)
    roster.withLock { $0.append(runner) }
    do {
      try start(runner)
    } catch {
      roster.withLock { $0.removeAll { $0 === runner } }
      return "\(error)"
    }
    return nil
  }

  /// Goes on one step at a time where there are too few processors for more lanes at once.
  private func makeRoom(forLanes count: Int) {
    let choice = Session.schedule(
      shared.coordinator.schedule, lanes: count, threads: shared.configuration.threads, processors: shared.processors)
    guard let reason = choice.reason, let segment = shared.coordinator.setSchedule(choice.schedule) else { return }
    post(.schedule(ScheduleReport(schedule: choice.schedule, segment: segment, reason: reason)))
    spreadProcessors()
  }

  /// Takes a lane out; returns why that is not possible.
  func drop(_ lane: LaneID) -> String? {
    let found = running(lane)
    guard let runner = found.runner else { return found.refusal }
    guard lane != description.baseline else { return "lane \(lane) is the baseline that the others are compared with" }
    runner.mailbox.post { $0.isDropped = true }
    return nil
  }

  /// Gives every lane its part of the processors anew.
  func spreadProcessors() {
    for runner in runners where !runner.isDropped.load(ordering: .relaxed) {
      let processors = shared.processors(for: runner.lane)
      runner.mailbox.post { $0.processors = processors }
    }
    shared.coordinator.wake()
  }

  /// Lets lanes go that were taken out and whose events have been drained.
  func forgetDropped(_ ended: Set<Int>) {
    roster.withLock { runners in
      runners.removeAll { $0.isDropped.load(ordering: .relaxed) && ended.contains($0.serial) }
    }
  }
}
