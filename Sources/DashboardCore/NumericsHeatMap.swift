import DequeModule
import TrainingEvents

/// How the tensors of a kind moved in the windows of their formats: a row a tensor in the order of the step, a column a
/// report, the newest at the right.
enum NumericsHeatMap {
  static func draw(
    _ track: LaneTrack, kind: TensorReport.Kind, selected: TensorRow, view: NumericsView, in rect: Rect,
    with painter: inout Painter
  ) {
    guard rect.height >= 3, rect.width >= 24 else { return }
    let numerics = track.numerics
    let isLoss = view == .losses
    // A kind that only details name would have gaps at all other reports; shares are known from details only.
    let columns = isLoss || !numerics.countedKinds.contains(kind) ? numerics.detailedColumns : numerics.columns
    let rows = numerics.rows.filter { $0.report.kind == kind }
    let names = min(24, max(8, rect.width / 4), rows.map(\.report.name.columns).max() ?? 8)
    let cells = Rect(x: rect.x + names + 3, y: rect.y + 1, width: rect.width - names - 3, height: rect.height - 1)
    let shown = columns.suffix(max(0, cells.width))
    let title = isLoss ? "subnormal or flushed" : "amax in the format's window"
    let end = painter.write(
      [(title, painter.strong), ("  \(kind.label)", painter.secondary)], x: rect.x, y: rect.y, in: rect)
    drawLegend(isLoss: isLoss, after: end, shown, in: rect, with: &painter)
    guard !shown.isEmpty else {
      painter.grid.write(
        "no detailed report yet", x: rect.x, y: rect.y + 1, style: painter.secondary, limit: rect.width)
      return
    }
    let place = rows.firstIndex { $0.key == selected.key } ?? 0
    let first = max(0, min(place - cells.height / 2, rows.count - cells.height))
    for (line, row) in rows.dropFirst(first).prefix(cells.height).enumerated() {
      let isSelected = first + line == place
      painter.grid.write(isSelected ? "▶ " : "  ", x: rect.x, y: cells.y + line, style: painter.key, limit: 2)
      painter.grid.write(
        NumericsTable.name(row.report.name, width: names), x: rect.x + 2, y: cells.y + line,
        style: isSelected ? painter.strong : painter.secondary, limit: names)
      for (offset, column) in shown.enumerated() {
        let value = HeatColumn.value(at: row.slot, in: isLoss ? column.lost : column.largest)
        painter.grid[cells.right - shown.count + offset, cells.y + line] = cell(value, painter)
      }
    }
  }

  /// A value as colour; as density of a pattern where there are no colours.
  private static func cell(_ value: UInt8, _ painter: Painter) -> Cell {
    switch value {
    case HeatColumn.nothing: return Cell(style: painter.text)
    case HeatColumn.bad: return Cell(character: "✕", style: painter.style(painter.theme.overflow, .bold))
    case HeatColumn.zero: return Cell(character: "0", style: painter.inactive)
    default:
      let patterns: [Unicode.Scalar] = ["·", "░", "▒", "▓", "█"]
      let pattern = painter.theme.isMonochrome ? patterns[min(4, Int(value) / 20)] : "█"
      return Cell(character: pattern, style: painter.style(painter.theme.heat[Int(value)]))
    }
  }

  /// What the colours mean, and which attempts are shown, as far as there is room.
  private static func drawLegend(
    isLoss: Bool, after end: Int, _ shown: Deque<HeatColumn>.SubSequence, in rect: Rect, with painter: inout Painter
  ) {
    let (low, high) = isLoss ? ("0", "100 %") : ("2^min", "max")
    var right = rect.right
    if let first = shown.first?.attempt, let last = shown.last?.attempt {
      let span = "\(Format.grouped(first)) – \(Format.grouped(last))"
      if end + span.columns + 2 <= right {
        painter.write(span, endingAt: right, y: rect.y, style: painter.secondary, in: rect)
        right -= span.columns + 3
      }
    }
    let width = low.columns + high.columns + 12
    guard end + width + 2 <= right else { return }
    var x = painter.write([(low + " ", painter.secondary)], x: right - width, y: rect.y, in: rect)
    for step in 0..<10 {
      painter.grid[x, rect.y] = cell(UInt8(step * 11), painter)
      x += 1
    }
    painter.write([(" " + high, painter.secondary)], x: x, y: rect.y, in: rect)
  }
}
