import TrainingEvents

/// The newest lines of the log, the newest last.
enum EventLogPane {
  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let scrolled = state.logScroll > 0
    var remark = scrolled ? [("\(state.logScroll) newer below, ", painter.secondary), ("End", painter.key)] : []
    if !state.logFilter.isEmpty {
      remark =
        [("/", painter.key), ("\(state.logFilter)", painter.strong)] + (scrolled ? [(" · ", painter.inactive)] : [])
        + remark
    }
    let room = painter.box(.log, rect, state: state, remark: remark).insetting(left: 1, right: 1)
    let lines = state.shownLog
    let end = max(min(room.height, lines.count), lines.count - state.logScroll)
    let start = max(0, end - room.height)
    for (row, line) in lines[start..<end].enumerated() {
      let time = Format.duration(line.time - (state.startTime ?? line.time))
      let pieces = [
        ("\(time) ", painter.secondary),
        line.lane.map { ("\($0) ", painter.lane($0)) } ?? ("  ", painter.text),
      ]
      let x = painter.write(pieces, x: room.x, y: room.y + row, in: room)
      painter.write(
        line.text, x: x, y: room.y + row, style: style(of: line.severity, painter), cutAt: room.right)
    }
  }

  private static func style(of severity: EventLog.Severity, _ painter: Painter) -> Style {
    switch severity {
    case .quiet: painter.secondary
    case .normal: painter.text
    case .good: painter.style(painter.theme.good)
    case .warning: painter.style(painter.theme.warning)
    case .bad: painter.style(painter.theme.bad, .bold)
    }
  }
}

extension DashboardState {
  /// The lines of the log that pass the filter.
  var shownLog: [EventLog.Line] {
    guard !logFilter.isEmpty else { return Array(log.lines) }
    let wanted = logFilter.lowercased()
    return log.lines.filter { line in
      line.text.lowercased().contains(wanted) || (line.lane.map { "\($0)".lowercased() == wanted } ?? false)
    }
  }
}
