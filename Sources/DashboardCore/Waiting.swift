import TrainingEvents

/// What a pane shows before the first step: what is being waited for, never an empty box.
enum Waiting {
  static func draw(_ state: DashboardState, in room: Rect, with painter: inout Painter) {
    guard !room.isEmpty else { return }
    let text: String
    if state.session == nil {
      text = state.isEnded ? "no session came" : "waiting for the session to start"
    } else if state.lanes.contains(where: { $0.state == .compiling }) {
      text = "compiling, \(Format.duration(state.elapsed))"
    } else {
      text = "waiting for the first step, \(Format.duration(state.elapsed))"
    }
    painter.grid.write(
      text, x: room.x + max(0, (room.width - text.columns) / 2), y: room.y + room.height / 2, style: painter.secondary,
      limit: room.width)
  }
}
