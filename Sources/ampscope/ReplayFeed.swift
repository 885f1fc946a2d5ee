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

  /// Events handed out at once: what a frame takes in without keeping a key waiting.
  ///
  /// A run of a million steps, shown from its end or gone back in, comes in a hundred such pieces.
  static let mostAtOnce = 20_000

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
    let end = min(events.count, first + ReplayFeed.mostAtOnce)
    while next < end, events[next].time - origin <= status.position || status.position >= status.duration {
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
