import DashboardCore
import Foundation
import Training
import TrainingEvents

/// Where the dashboard's events come from: a live session, or a file that is played again.
protocol EventFeed: AnyObject {
  /// Starts what takes its time; called once the first frame is on the screen.
  func begin()
  /// What is being made ready; nil once events can come.
  var loading: LoadingStage? { get }
  /// The player of a recorded run; nil for a live one.
  var player: ReplayFeed? { get }
  /// All events since the last call.
  func drain() throws -> [TrainingEvent]
  /// Whether no event will come any more.
  var isOver: Bool { get }
  /// Carries a command out.
  func send(_ command: TrainingCommand)
  /// Events of a lane that were lost because nobody drained in time.
  func droppedEvents(of lane: LaneID) -> Int
  /// Waits for all threads; after `stop` or `abandon`.
  func finish()
}

extension EventFeed {
  func begin() {}
  var loading: LoadingStage? { nil }
  var player: ReplayFeed? { nil }
}

/// A live session, recorded on the way where the user asked for it.
final class LiveFeed: EventFeed {
  private let session: Session
  private let recorder: EventRecorder?

  init(session: Session, recorder: EventRecorder?) {
    self.session = session
    self.recorder = recorder
  }

  func drain() throws -> [TrainingEvent] {
    let events = session.drain()
    try recorder?.write(events)
    return events
  }

  var isOver: Bool { session.isOver }

  func send(_ command: TrainingCommand) { session.send(command) }

  func droppedEvents(of lane: LaneID) -> Int { session.droppedEvents(of: lane) }

  /// Lanes in lossless mode wait for a reader, so this one goes on reading until they have ended, and recording as long as
  /// the file takes it.
  func finish() {
    var canRecord = true
    while !session.isOver {
      _ = session.waitUntilEnded(milliseconds: 20)
      let events = session.drain()
      if canRecord { canRecord = (try? recorder?.write(events)) != nil || recorder == nil }
    }
    session.join()
  }
}
