import TrainingEvents

/// What a pane shows before the first step: what is being waited for, never an empty box.
enum Waiting {
  static func draw(_ state: DashboardState, in room: Rect, with painter: inout Painter) {
    guard !room.isEmpty else { return }
    let text = text(state)
    painter.grid.write(
      text, x: room.x + max(0, (room.width - text.columns) / 2), y: room.y + room.height / 2, style: painter.secondary,
      limit: room.width)
  }

  /// One line: loading, then compiling lane by lane, then the first step.
  static func text(_ state: DashboardState) -> String {
    guard state.session != nil else {
      if state.isEnded { return "no session came" }
      guard let stage = state.loading else { return "waiting for the session to start" }
      let share = stage.share.map { ", \(Int(min(max($0, 0), 1) * 100)) %" } ?? ""
      return "\(stage.text)\(share), \(Format.duration(max(0, (state.now ?? stage.start) - stage.start)))"
    }
    let compiling = state.lanes.filter { $0.state == .compiling }.map(\.lane.description)
    guard !compiling.isEmpty else { return "waiting for the first step, \(Format.duration(state.elapsed))" }
    let lanes = (compiling.count == 1 ? "lane " : "lanes ") + compiling.joined(separator: " ")
    let done = state.lanes.count - compiling.count
    let progress = done > 0 ? ", \(done) of \(state.lanes.count) done" : ""
    return "compiling \(lanes)\(progress), \(Format.duration(state.elapsed))"
  }
}
