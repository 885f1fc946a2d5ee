import TrainingEvents

/// What all charts have in common: an axis of values at the left, one of attempts below, precision markers and labels
/// at the right end of the curves.
struct ChartFrame {
  /// Where curves are drawn.
  let plot: Rect
  /// Room at the right for labels; empty where the chart has none.
  let labels: Rect
  /// Row of the attempt labels; nil where there is no room.
  let attemptRow: Int?
  let attempts: AttemptAxis

  init(in rect: Rect, state: DashboardState, glyphs: GlyphSet, labelWidth: Int) {
    let gutter = ValueAxis.labelWidth + 1
    let hasAttemptRow = rect.height >= 4
    let height = rect.height - (hasAttemptRow ? 1 : 0)
    let rightWidth = rect.width - gutter - labelWidth >= 12 ? labelWidth : 0
    plot = Rect(x: rect.x + gutter, y: rect.y, width: max(0, rect.width - gutter - rightWidth), height: max(0, height))
    labels = Rect(x: plot.right, y: rect.y, width: rightWidth, height: plot.height)
    attemptRow = hasAttemptRow ? plot.bottom : nil
    let across = glyphs == .unicode ? 2 : 1
    attempts = AttemptAxis(last: state.lastAttempt ?? 0, window: state.window, columns: plot.width * across)
  }

  /// Draws tick labels and faint lines at their height.
  func drawValueAxis(_ axis: ValueAxis, with painter: inout Painter) {
    guard plot.height > 0 else { return }
    let canvasRows = plot.height * (painter.glyphs == .unicode ? 4 : 1)
    var lastRow = Int.min
    let faint = painter.style(
      painter.theme.inactive.mixed(with: painter.theme.background, at: 0.5), painter.theme.isMonochrome ? .dim : [])
    for tick in axis.ticks.reversed() {
      guard let position = axis.position(tick.value), position > -0.001, position < 1.001 else { continue }
      let dot = Int(((1 - position) * Double(max(0, canvasRows - 1))).rounded())
      let row = plot.y + dot * plot.height / max(1, canvasRows)
      guard row > lastRow else { continue }
      lastRow = row
      painter.write(
        tick.label, endingAt: plot.x - 1, y: row, style: painter.secondary,
        in: Rect(x: plot.x - 1 - ValueAxis.labelWidth, y: plot.y, width: ValueAxis.labelWidth, height: plot.height))
      for x in plot.x..<plot.right { painter.grid[x, row] = Cell(character: "┈", style: faint) }
    }
  }

  /// Draws the first, a middle and the last attempt below the plot, or in a given row.
  func drawAttempts(_ state: DashboardState, row: Int? = nil, with painter: inout Painter) {
    guard let row = row ?? attemptRow, let last = state.lastAttempt else { return }
    let line = Rect(x: plot.x, y: row, width: plot.width + labels.width, height: 1)
    let start = Format.grouped(attempts.first)
    painter.grid.write(start, x: plot.x, y: row, style: painter.secondary, limit: plot.width)
    let across = painter.glyphs == .unicode ? 2 : 1
    let endColumn = plot.x + (attempts.column(of: last) ?? attempts.columns - 1) / across
    let end = Format.grouped(last)
    let endStart = max(plot.x + start.columns + 2, min(endColumn - end.columns + 1, plot.right - end.columns))
    guard endStart + end.columns <= plot.right else { return }
    painter.grid.write(end, x: endStart, y: row, style: painter.secondary)
    if endStart + end.columns + 9 <= line.right {
      painter.grid.write("attempt", x: endStart + end.columns + 1, y: row, style: painter.inactive)
    }
    let middleColumn = (endColumn - plot.x) / 2
    let middle = Format.grouped(attempts.attempts(at: middleColumn * across).lowerBound)
    let middleStart = plot.x + middleColumn - middle.columns / 2
    if middleStart > plot.x + start.columns + 3, middleStart + middle.columns + 3 < endStart {
      painter.grid.write(middle, x: middleStart, y: row, style: painter.secondary)
    }
  }

  /// Draws a labelled vertical line wherever a lane changed its precision.
  ///
  /// Call after the curves: the line leaves them visible, its label does not.
  func drawPrecisionMarkers(_ state: DashboardState, with painter: inout Painter) {
    guard plot.height > 0 else { return }
    let across = painter.glyphs == .unicode ? 2 : 1
    let changed = state.lanes.filter { !$0.history.precisionChanges.isEmpty }
    for (index, track) in changed.enumerated() {
      let style = painter.style(painter.theme.color(of: track.lane))
      // Older labels are overwritten by newer ones: the newest change matters most.
      for change in track.history.precisionChanges.suffix(64) {
        guard let column = attempts.column(of: change.attempt) else { continue }
        let x = plot.x + column / across
        for y in plot.y..<plot.bottom where !isCurve(painter.grid[x, y].character) {
          painter.grid[x, y] = Cell(character: "┊", style: style)
        }
        let label = "\(track.lane)→\(change.to.rawValue)"
        // The topmost row is for marks of what lies outside the axis.
        let row = plot.y + min(index + (plot.height >= 6 ? 1 : 0), plot.height - 1)
        let start = x + 1 + label.columns <= plot.right ? x + 1 : max(plot.x, x - label.columns)
        painter.grid.write(label, x: start, y: row, style: style.bold, limit: plot.right - start)
      }
    }
  }

  private func isCurve(_ character: Unicode.Scalar) -> Bool {
    character != " " && character != "┈" && character != "┊"
  }

  /// Writes what each curve is at the height of its end, moving labels apart where they would meet.
  func drawEndLabels(_ entries: [(text: String, style: Style, row: Int)], with painter: inout Painter) {
    guard labels.width > 1, labels.height > 0 else { return }
    var rows = entries.map { min(max($0.row, labels.y), labels.bottom - 1) }
    let order = entries.indices.sorted { (rows[$0], $0) < (rows[$1], $1) }
    var next = labels.y
    for index in order {
      rows[index] = max(rows[index], next)
      next = rows[index] + 1
    }
    // What was pushed out at the bottom moves back up.
    var limit = labels.bottom - 1
    for index in order.reversed() {
      rows[index] = min(rows[index], limit)
      limit = rows[index] - 1
    }
    for (index, entry) in entries.enumerated() where rows[index] >= labels.y {
      painter.grid.write(entry.text, x: labels.x + 1, y: rows[index], style: entry.style, limit: labels.width - 1)
    }
  }
}
