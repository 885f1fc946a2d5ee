import TrainingEvents

/// What all charts have in common: an axis of values at the left, one of progress below, precision markers, the cursor,
/// and labels at the right end of the curves.
struct ChartFrame {
  /// Where curves are drawn.
  let plot: Rect
  /// Room at the right for labels; empty where the chart has none.
  let labels: Rect
  /// Row of the labels of the horizontal axis; nil where there is no room.
  let progressRow: Int?
  let progress: ProgressAxis
  let trainCount: Int
  /// Dot columns in a cell.
  let across: Int
  private let memory: ChartMemory?

  /// `memory` is where columns are kept for the next frame; without it they are looked up once.
  init(
    in rect: Rect, state: DashboardState, glyphs: GlyphSet, labelWidth: Int, hasProgressRow: Bool = true,
    memory: ChartMemory? = nil
  ) {
    self.memory = memory
    let gutter = ValueAxis.labelWidth + 1
    let hasRow = hasProgressRow && rect.height >= 4
    let height = rect.height - (hasRow ? 1 : 0)
    let rightWidth = rect.width - gutter - labelWidth >= 12 ? labelWidth : 0
    plot = Rect(x: rect.x + gutter, y: rect.y, width: max(0, rect.width - gutter - rightWidth), height: max(0, height))
    labels = Rect(x: plot.right, y: rect.y, width: rightWidth, height: plot.height)
    progressRow = hasRow ? plot.bottom : nil
    across = glyphs == .unicode ? 2 : 1
    trainCount = state.trainCount
    progress = ProgressAxis(
      unit: state.progressUnit, scale: state.progressScale, total: state.progress(in: state.progressUnit),
      window: state.window, columns: plot.width * across)
  }

  /// What a lane shows in each dot column.
  func columns(of track: LaneTrack) -> LaneColumns {
    memory?.columns(of: track, on: progress, trainCount: trainCount, across: across)
      ?? LaneColumns(of: track, on: progress, trainCount: trainCount, across: across)
  }

  /// Samples of a lane on the whole axis.
  func samplesInView(of history: LaneHistory) -> Range<Int> {
    history.samples(in: progress.first..<progress.end, unit: progress.unit, trainCount: trainCount)
  }

  /// Column of cells in which a lane made an attempt; nil outside the axis.
  func cell(of attempt: Int, in history: LaneHistory) -> Int? {
    let place =
      progress.unit == .steps
      ? Double(attempt)
      : history.index(atOrBefore: attempt).map {
        history.place(of: $0, unit: progress.unit, trainCount: trainCount)
      }
    return place.flatMap { progress.column(of: $0) }.map { $0 / across }
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

  /// Draws labels at round places below the plot, or in a given row, and the unit at the end.
  func drawProgress(row: Int? = nil, with painter: inout Painter) {
    guard let row = row ?? progressRow else { return }
    let line = Rect(x: plot.x, y: row, width: plot.width + labels.width, height: 1)
    // The unit stands beside the plot where it has room there, else at its right end.
    let unit = progress.unit.label
    let isBeside = labels.width > unit.columns
    let end = isBeside ? plot.right : plot.right - unit.columns - 1
    var next = plot.x - 1
    for tick in progress.ticks(spacing: 14 * across) {
      guard let column = progress.column(of: tick.place) else { continue }
      let width = tick.label.columns
      let start = max(plot.x, min(plot.x + column / across - width / 2, line.right - width))
      guard start > next, start + width <= end else { continue }
      painter.grid.write(tick.label, x: start, y: row, style: painter.secondary)
      next = start + width + 1
    }
    if plot.width >= unit.columns + 6 {
      painter.grid.write(
        unit, x: isBeside ? plot.right + 1 : plot.right - unit.columns, y: row, style: painter.secondary,
        limit: line.right - plot.x)
    }
  }

  /// Draws a labelled vertical line wherever a lane changed its precision, and wherever the user broke something.
  ///
  /// Call after the curves: the line leaves them visible, its label does not.
  func drawMarkers(_ state: DashboardState, with painter: inout Painter) {
    guard plot.height > 0 else { return }
    let changed = state.lanes.filter { !$0.history.precisionChanges.isEmpty }
    // The topmost row is for marks of what lies outside the axis.
    let firstRow = plot.height >= 6 ? 1 : 0
    for track in state.lanes {
      let style = painter.style(painter.theme.warning)
      for fault in track.history.faults.suffix(64) {
        guard let cell = cell(of: fault.attempt, in: track.history) else { continue }
        let row = min(firstRow + changed.count, plot.height - 1)
        drawMarker("\(track.lane) fault", style, cell: cell, row: row, with: &painter)
      }
    }
    for (index, track) in changed.enumerated() {
      let style = painter.style(painter.theme.color(of: track.lane))
      // Older labels are overwritten by newer ones: the newest change matters most.
      for change in track.history.precisionChanges.suffix(64) {
        guard let cell = cell(of: change.attempt, in: track.history) else { continue }
        let row = min(firstRow + index, plot.height - 1)
        drawMarker("\(track.lane)→\(change.shortText)", style, cell: cell, row: row, with: &painter)
      }
    }
  }

  private func drawMarker(_ label: String, _ style: Style, cell: Int, row: Int, with painter: inout Painter) {
    let x = plot.x + cell
    for y in plot.y..<plot.bottom where !isCurve(painter.grid[x, y].character) {
      painter.grid[x, y] = Cell(character: "┊", style: style)
    }
    let start = x + 1 + label.columns <= plot.right ? x + 1 : max(plot.x, x - label.columns)
    painter.grid.write(label, x: start, y: plot.y + row, style: style.bold, limit: plot.right - start)
  }

  /// Draws the cursor: a line where there is no curve, and a lit cell where there is one.
  func drawCursor(_ state: DashboardState, with painter: inout Painter) {
    guard let attempt = state.cursor, let track = state.cursorTrack, plot.height > 0,
      let cell = cell(of: attempt, in: track.history)
    else { return }
    let x = plot.x + cell
    let color = painter.theme.cursor
    for y in plot.y..<plot.bottom {
      if isCurve(painter.grid[x, y].character) {
        if painter.theme.isMonochrome {
          painter.grid[x, y].style.attributes.insert(.reverse)
        } else {
          painter.grid[x, y].style.background = painter.theme.background.mixed(with: color, at: 0.35)
        }
      } else {
        painter.grid[x, y] = Cell(character: "│", style: painter.style(color))
      }
    }
  }

  private func isCurve(_ character: Unicode.Scalar) -> Bool {
    character != " " && character != "┈" && character != "┊" && character != "│"
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
