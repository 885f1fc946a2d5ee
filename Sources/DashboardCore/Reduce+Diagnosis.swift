import TrainingEvents

/// From a mark of a skipped attempt to its reason.
extension DashboardState {
  /// Opens the reason of the skipped attempt at the cursor; without a cursor, of the newest skipped one.
  mutating func drillDown() {
    let order = lanes.filter { $0.lane == focusedLane } + lanes.filter { $0.lane != focusedLane }
    guard let cursor else {
      let newest = order.compactMap { track in track.history.skipped.last.map { (track.lane, $0) } }
      guard let found = newest.max(by: { $0.1 < $1.1 }) else { return show(hint: "no attempt was skipped yet") }
      return showDiagnosis(of: found.0, attempt: found.1)
    }
    guard let track = order.first(where: { $0.history.skipped.has(cursor) }) else {
      return show(hint: "attempt \(Format.grouped(cursor)) not skipped; n N find events")
    }
    showDiagnosis(of: track.lane, attempt: cursor)
  }

  private mutating func showDiagnosis(of lane: LaneID, attempt: Int) {
    overlay = .diagnosis(lane, attempt: attempt)
    placeCursor(attempt)
  }

  /// Up and Down, n and N go through the diagnosed attempts of the lane; any other key closes.
  mutating func pressInDiagnosis(_ key: DashboardKey, _ lane: LaneID, attempt: Int) -> [DashboardEffect] {
    switch key {
    case .down, .right, .character("n"), .character("j"): moveDiagnosis(of: lane, from: attempt, forward: true)
    case .up, .left, .character("N"), .character("k"): moveDiagnosis(of: lane, from: attempt, forward: false)
    default: return closeAndPress(key, unless: .drillDown)
    }
    return []
  }

  private mutating func moveDiagnosis(of lane: LaneID, from attempt: Int, forward: Bool) {
    let list = lanes.first { $0.lane == lane }?.diagnoses
    guard let next = list?.neighbour(of: attempt, forward: forward) else {
      return show(hint: "no diagnosed attempt \(forward ? "after" : "before") this one")
    }
    showDiagnosis(of: lane, attempt: next.attempt)
  }
}
