import TrainingEvents

/// Decides which lane may step when, and numbers the segments.
///
/// alternating: one lane at a time, in the order A B B A (three lanes: A B C C B A). A round gives every active lane one
/// step; the next round goes backwards, so that the two neighbours of a pair change places and a drift of the machine
/// cancels. concurrent: every lane steps at will. In both, nobody steps while the session is paused, except by single
/// steps granted; and an exclusive holder (an evaluation under `alternating`) keeps the others out.
///
/// A segment is a stretch in which no lane changed precision or schedule, or was paused, evaluating or compiling.
final class StepCoordinator: Sendable {
  struct State {
    var schedule: Schedule
    var isPaused: Bool
    var isStopping = false
    var segment = 0
    /// Lanes that still step, in their order.
    var active: [LaneID]
    var round = 0
    /// Lanes that have not stepped in this round yet, in the order of the round.
    var remaining: [LaneID]
    /// Single steps that each lane may still make while the session is paused.
    var grants: [LaneID: Int] = [:]
    /// Lanes inside a step that was granted: it leaves the turn alone.
    var insideByGrant: Set<LaneID> = []
    /// Lanes inside a step or an exclusive section.
    var inside: Set<LaneID> = []
    var finishedStepping: Set<LaneID> = []

    init(lanes: [LaneID], schedule: Schedule, isPaused: Bool) {
      (active, remaining) = (lanes, lanes)
      (self.schedule, self.isPaused) = (schedule, isPaused)
    }

    /// The lane whose turn it is under `alternating`.
    var turn: LaneID? { remaining.first }

    /// The lane that may step next under `alternating`.
    ///
    /// Single steps of a paused session go in the order of the lanes, whoever's turn it is: the pause may have come in
    /// the middle of a round.
    var next: LaneID? { isPaused ? active.first { (grants[$0] ?? 0) > 0 } : turn }

    mutating func passTurn() {
      if !remaining.isEmpty { remaining.removeFirst() }
      if remaining.isEmpty { startRound(round + 1) }
    }

    mutating func startRound(_ number: Int) {
      round = number
      remaining = number.isMultiple(of: 2) ? active : active.reversed()
    }

    mutating func retire(_ lane: LaneID) {
      active.removeAll { $0 == lane }
      remaining.removeAll { $0 == lane }
      if remaining.isEmpty { startRound(round + 1) }
    }

    /// Lets a lane step from now on: in this round right after `source`, which is about to step, so that the two make
    /// the same attempts next to each other; without one from the next round on.
    mutating func join(_ lane: LaneID, after source: LaneID?) {
      active.append(lane)
      active.sort()
      finishedStepping.remove(lane)
      if let source, let index = remaining.firstIndex(of: source) { remaining.insert(lane, at: index + 1) }
      segment += 1
    }
  }

  private let monitor: Monitor<State>

  init(lanes: [LaneID], schedule: Schedule, isPaused: Bool) {
    monitor = Monitor(State(lanes: lanes, schedule: schedule, isPaused: isPaused))
  }

  var schedule: Schedule { monitor.read { $0.schedule } }
  var isPaused: Bool { monitor.read { $0.isPaused } }
  var isStopping: Bool { monitor.read { $0.isStopping } }

  /// Why a lane came back from waiting for its turn.
  enum Turn {
    /// It may step, in this segment and under this schedule; `leave` ends it.
    case step(segment: Int, schedule: Schedule)
    /// A command came in, or its state of pause changed: look, and ask again.
    case interrupted(isPaused: Bool)
    /// The session is stopping.
    case stop
  }

  /// Waits for the lane's turn.
  ///
  /// `knowsPause` is what the lane last heard about being paused.
  func enter(_ lane: LaneID, knowsPause: Bool, hasMail: () -> Bool) -> Turn {
    monitor.wait { state -> Turn? in
      if state.isStopping { return .stop }
      if hasMail() { return .interrupted(isPaused: state.isPaused) }
      let granted = (state.grants[lane] ?? 0) > 0
      if state.isPaused != knowsPause { return .interrupted(isPaused: state.isPaused) }
      guard !state.isPaused || granted else { return nil }
      if state.schedule == .alternating, state.next != lane || !state.inside.isEmpty { return nil }
      if granted {
        state.grants[lane, default: 0] -= 1
        state.insideByGrant.insert(lane)
      }
      state.inside.insert(lane)
      return .step(segment: state.segment, schedule: state.schedule)
    }
  }

  /// Ends the step of a lane and passes the turn.
  func leave(_ lane: LaneID) {
    monitor.update { state in
      state.inside.remove(lane)
      if state.insideByGrant.remove(lane) == nil, state.turn == lane { state.passTurn() }
    }
  }

  /// Takes a lane out of the order for good: it has no steps left, or failed.
  func retire(_ lane: LaneID) {
    monitor.update { state in
      state.inside.remove(lane)
      state.retire(lane)
      state.finishedStepping.insert(lane)
    }
  }

  /// Whether a lane has no steps left, or failed.
  func hasRetired(_ lane: LaneID) -> Bool { monitor.read { $0.finishedStepping.contains(lane) } }

  /// Waits until every lane has retired, so that nobody's steps are timed beside an evaluation.
  func waitForAllRetired() {
    monitor.wait { $0.active.isEmpty ? () : nil }
  }

  /// Lanes that still step, in their order.
  var active: [LaneID] { monitor.read { $0.active } }

  /// Lets a lane join a session that is under way; false where it is stopping or all others have no steps left.
  func join(_ lane: LaneID, after source: LaneID?) -> Bool {
    monitor.update { state in
      guard !state.isStopping, !state.active.isEmpty else { return false }
      state.join(lane, after: source)
      return true
    }
  }

  /// Runs `body`, under `alternating` alone.
  func exclusively<R>(_ lane: LaneID, _ body: () throws -> R) rethrows -> R {
    monitor.wait { state -> Void? in
      if state.schedule == .alternating, !state.inside.isEmpty { return nil }
      state.inside.insert(lane)
      return ()
    }
    defer { monitor.update { _ = $0.inside.remove(lane) } }
    return try body()
  }

  /// Starts a new segment and returns its number.
  @discardableResult
  func beginSegment() -> Int {
    monitor.update { state in
      state.segment += 1
      return state.segment
    }
  }

  /// Holds or releases all lanes; false where that is so already.
  func setPaused(_ isPaused: Bool) -> Bool {
    monitor.update { state in
      guard state.isPaused != isPaused else { return false }
      state.isPaused = isPaused
      state.grants = [:]
      state.segment += 1
      return true
    }
  }

  /// Grants every active lane one step; false where the session is not paused.
  func grantStep() -> Bool {
    monitor.update { state in
      guard state.isPaused else { return false }
      for lane in state.active { state.grants[lane, default: 0] += 1 }
      return true
    }
  }

  /// Changes the schedule and returns the new segment; nil where it is so already.
  func setSchedule(_ schedule: Schedule) -> Int? {
    monitor.update { state in
      guard state.schedule != schedule else { return nil }
      state.schedule = schedule
      state.startRound(0)
      state.segment += 1
      return state.segment
    }
  }

  /// Ends all lanes after the step they are in.
  func stop() { monitor.update { $0.isStopping = true } }

  /// Wakes lanes that wait, so that they look at their mail.
  func wake() { monitor.update { _ in } }
}
