import Foundation
import Training
import TrainingEvents

/// A session that trains, and everything that it says.
final class SessionRecorder {
  private(set) var events: [TrainingEvent] = []
  /// When commands were sent.
  private(set) var commands: [Double] = []
  private let session: Session
  private let name: String
  private let shouldStop: () -> Bool
  private var stepsByLane: [LaneID: Int] = [:]
  private var changesByLane: [LaneID: Int] = [:]
  private var failure: String?

  /// Starts the lanes.
  init(_ session: Session, name: String, shouldStop: @escaping () -> Bool) throws {
    (self.session, self.name, self.shouldStop) = (session, name, shouldStop)
    try session.start()
  }

  /// Steps of a lane so far.
  func stepCount(_ lane: LaneID) -> Int { stepsByLane[lane] ?? 0 }
  /// Changes of precision of a lane so far.
  func changes(_ lane: LaneID) -> Int { changesByLane[lane] ?? 0 }
  /// Whether all lanes have ended.
  var isOver: Bool { session.isOver }

  /// Sends a command.
  func send(_ command: TrainingCommand) {
    commands.append(Date().timeIntervalSince1970)
    session.send(command)
  }

  /// Takes in events until the condition holds.
  ///
  /// Throws `BenchmarkError` where the session fails or ends before, or the bench is given up.
  func drain(until isReached: (SessionRecorder) -> Bool) throws {
    while !isReached(self) {
      if shouldStop() { throw BenchmarkError.givenUp }
      let wasOver = session.isOver
      _ = session.waitUntilEnded(milliseconds: 2)
      take(session.drain())
      if let failure { throw BenchmarkError.failed(name: name, reason: failure) }
      guard !wasOver else { throw BenchmarkError.failed(name: name, reason: "the session ended too early") }
    }
  }

  /// Ends the lanes where they still train.
  func abandon() {
    session.send(.abandon)
    while !session.isOver {
      _ = session.waitUntilEnded(milliseconds: 2)
      _ = session.drain()
    }
    session.join()
  }

  private func take(_ new: [TrainingEvent]) {
    events += new
    for event in new {
      switch event.body {
      case .step(let step): stepsByLane[step.lane, default: 0] += 1
      case .precision(let change): changesByLane[change.lane, default: 0] += 1
      case .error(let message): failure = failure ?? message.text
      default: break
      }
    }
  }
}

/// A step on the clock of the events, in seconds.
struct TimedStep {
  var attempt: Int
  var start: Double
  var end: Double
}

extension [TrainingEvent] {
  /// Steps of a lane, in order.
  func timedSteps(of lane: LaneID) -> [TimedStep] {
    compactMap { event in
      guard case .step(let step) = event.body, step.lane == lane else { return nil }
      return TimedStep(attempt: step.attempt, start: event.time - step.stepMilliseconds / 1000, end: event.time)
    }
  }
}
