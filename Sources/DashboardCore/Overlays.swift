import TrainingEvents

/// What lies over the panes: help, the question before quitting, lists to pick from, the summary.
enum Overlays {
  static func draw(_ state: DashboardState, width: Int, height: Int, with painter: inout Painter) {
    let screen = Rect(x: 0, y: 0, width: width, height: height)
    switch state.overlay {
    case nil: return
    case .help(let page): HelpOverlay.draw(page: page, in: screen, with: &painter)
    case .quit: drawQuit(state, in: screen, with: &painter)
    case .precision(let marked):
      PrecisionOverlay.draw(state, marked: marked, in: screen, with: &painter)
    case .lossyPrecision(let lane, let precision):
      PrecisionOverlay.drawQuestion(state, lane, precision, in: screen, with: &painter)
    case .themes: ThemesOverlay.draw(state, in: screen, with: &painter)
    case .options(let marked): MenuOverlays.drawOptions(state, marked: marked, in: screen, with: &painter)
    case .export: MenuOverlays.drawExport(in: screen, with: &painter)
    case .line(let line): TypedLineBar.draw(line, state, width: width, height: height, with: &painter)
    case .diagnosis(let lane, let attempt):
      DiagnosisOverlay.draw(state, lane, attempt: attempt, in: screen, with: &painter)
    case .summary: SummaryOverlay.draw(state, in: screen, with: &painter)
    }
  }

  /// Clears a rectangle in the middle of the screen and draws lines in it, with a border where it has room for one.
  static func popup(
    title: String, lines: [[(String, Style)]], width wanted: Int? = nil, in screen: Rect, with painter: inout Painter
  ) {
    let content = wanted ?? lines.map { $0.reduce(0) { $0 + $1.0.columns } }.max() ?? 0
    let rect = screen.centered(width: content + 4, height: lines.count + 2)
    painter.grid.fill(
      x: rect.x, y: rect.y, width: rect.width, height: rect.height, with: Cell(style: painter.text))
    guard rect.height >= 3, rect.width >= 8 else {
      if let first = lines.first { painter.write(first, x: rect.x, y: rect.y, in: rect) }
      return
    }
    let room = painter.box(rect, title: [(title, painter.strong)], border: painter.theme.highlight)
      .insetting(left: 1, right: 1)
    for (row, line) in lines.enumerated() {
      painter.write(line, x: room.x, y: room.y + row, in: room)
      guard row < room.height, line.reduce(0, { $0 + $1.0.columns }) > room.width else { continue }
      painter.grid.write("…", x: room.right - 1, y: room.y + row, style: painter.secondary)
    }
  }

  private static func drawQuit(_ state: DashboardState, in screen: Rect, with painter: inout Painter) {
    let text = painter.text
    let steps = state.lastAttempt.map { " at step \(Format.grouped($0 + 1))" } ?? ""
    popup(
      title: "quit?",
      lines: [
        [("Training is running\(steps).", text)],
        [("", text)],
        [("y", painter.key), (" or ", painter.secondary), ("Enter", painter.key), ("  quit now", text)],
        [("s", painter.key), ("           stop, evaluate, stay here", text)],
        [("n", painter.key), (" or ", painter.secondary), ("Esc", painter.key), ("    go on training", text)],
        [("Ctrl-C", painter.key), ("      leave at once, exit code 130", text)],
      ], in: screen, with: &painter)
  }
}
