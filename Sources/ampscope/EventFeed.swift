import Foundation
import Training
import TrainingEvents

/// Where the dashboard's events come from: a live session, or a file that is played again.
protocol EventFeed: AnyObject {
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

/// A recorded run, played at its own pace or faster.
final class ReplayFeed: EventFeed {
  private let events: [TrainingEvent]
  private let speed: Double
  private var next = 0
  private var start: Double?

  /// Reads a whole file.
  ///
  /// Throws `ReplayError` that names the line where it is no event.
  init(path: String, speed: Double) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ReplayError(path: path, problem: "cannot be read; check the path and its permissions")
    }
    let decoder = EventLineDecoder()
    var events: [TrainingEvent] = []
    for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
      do {
        events.append(try decoder.event(Data(line)))
      } catch let error as DecodingError {
        throw ReplayError(path: path, problem: "line \(index + 1) is no event: \(ReplayError.reason(error))")
      }
    }
    guard case .session? = events.first?.body else {
      throw ReplayError(path: path, problem: "does not begin with a session event; record one with --jsonl")
    }
    self.events = events
    self.speed = speed
  }

  var isOver: Bool { next >= events.count }

  func drain() -> [TrainingEvent] {
    let now = Date().timeIntervalSince1970
    let began = start ?? now
    start = began
    let origin = events.first?.time ?? 0
    let first = next
    while next < events.count, !(events[next].time - origin > (now - began) * speed) { next += 1 }
    return Array(events[first..<next])
  }

  func send(_ command: TrainingCommand) {}
  func droppedEvents(of lane: LaneID) -> Int { 0 }
  func finish() {}
}

/// A recorded run that cannot be played.
struct ReplayError: Error, CustomStringConvertible {
  let path: String
  let problem: String

  var description: String { "\(path): \(problem)" }

  static func reason(_ error: DecodingError) -> String {
    switch error {
    case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
      .valueNotFound(_, let context):
      context.debugDescription
    @unknown default: "\(error)"
    }
  }
}
