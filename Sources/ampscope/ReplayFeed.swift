import DashboardCore
import Foundation
import TrainingEvents

/// A recorded run, played at its own pace or faster, held, and moved through.
final class ReplayFeed: EventFeed {
  private let events: [TrainingEvent]
  private let origin: Double
  private var next = 0
  private var status: ReplayStatus
  /// When the position was last brought up to date; nil before the first drain.
  private var updated: Double?
  private var needsRewind = false

  /// Reads a whole file.
  ///
  /// Throws `ReplayError` that names the line where it is no event.
  static func events(path: String) throws -> [TrainingEvent] {
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
    return events
  }

  /// Plays events, of which the first describes the session; at an infinite speed all of them at once.
  init(_ events: [TrainingEvent], speed: Double) {
    self.events = events
    origin = events.first?.time ?? 0
    let end = events.map(\.time).max() ?? origin
    let duration = max(0, end - origin)
    status = ReplayStatus(
      position: speed.isFinite ? 0 : duration, duration: duration, speed: speed.isFinite ? speed : 1, isPaused: false)
  }

  var player: ReplayFeed? { self }

  /// Where the playing stands.
  var currentStatus: ReplayStatus { status }

  /// Whether the events that come next begin anew, for the user went back; true once.
  func takeRewind() -> Bool {
    defer { needsRewind = false }
    return needsRewind
  }

  var isOver: Bool { next >= events.count }

  func drain() -> [TrainingEvent] {
    advance()
    let first = next
    while next < events.count, events[next].time - origin <= status.position || status.position >= status.duration {
      next += 1
    }
    return Array(events[first..<next])
  }

  /// Does what the user asks of a player.
  func perform(_ request: ReplayRequest) {
    advance()
    switch request {
    case .togglePause:
      // At the end there is nothing to hold: from the beginning again.
      if isOver, !status.isPaused { return move(to: 0) }
      status.isPaused.toggle()
    case .step:
      status.isPaused = true
      let step = events[next...].first { event in
        if case .step = event.body { true } else { false }
      }
      if let step { status.position = max(status.position, step.time - origin) }
    case .move(let part): move(to: status.position + part * status.duration)
    case .changeSpeed(let factor): status.speed = min(max(status.speed * factor, 1.0 / 64), 4096)
    }
  }

  private func move(to position: Double) {
    let target = min(max(position, 0), status.duration)
    if target < status.position {
      next = 0
      needsRewind = true
    }
    status.position = target
  }

  private func advance() {
    let now = Date().timeIntervalSince1970
    if let updated, !status.isPaused {
      status.position = min(status.duration, status.position + max(0, now - updated) * status.speed)
    }
    updated = now
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
