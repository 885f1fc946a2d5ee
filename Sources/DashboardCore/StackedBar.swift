/// A horizontal bar of parts, each with its own colour and, where colours are missing, its own pattern.
struct StackedBar {
  /// One part.
  struct Part {
    var value: Double
    var color: Color
    /// Fills the part where the theme has no colours.
    var pattern: Unicode.Scalar
    /// Written into the part where it has room.
    var label: String
  }

  var parts: [Part]

  /// Draws the bar so that `full` would be as wide as the rectangle.
  ///
  /// Every part gets its share of whole cells by largest remainder; parts too small for a cell have none.
  func draw(in rect: Rect, full: Double, with painter: inout Painter) {
    let values = parts.map { $0.value.isFinite && $0.value > 0 ? $0.value : 0 }
    let total = values.reduce(0, +)
    guard rect.width > 0, total > 0, full > 0 else { return }
    let length = max(1, Int((min(1, total / full) * Double(rect.width)).rounded()))
    var x = rect.x
    for (index, cells) in StackedBar.cells(for: values, length: length).enumerated() where cells > 0 {
      let part = parts[index]
      let pattern = painter.theme.usesPatterns ? part.pattern : "█"
      painter.grid.fill(
        x: x, y: rect.y, width: cells, height: 1, with: Cell(character: pattern, style: painter.style(part.color)))
      if part.label.columns + 2 <= cells {
        let ink: Color = part.color.contrast(with: .rgb(13, 17, 23)) >= 4.5 ? .rgb(13, 17, 23) : .rgb(255, 255, 255)
        let style =
          painter.theme.isMonochrome
          ? Style(attributes: .reverse) : Style(foreground: ink, background: part.color, attributes: .bold)
        painter.grid.write(part.label, x: x + 1, y: rect.y, style: style)
      }
      x += cells
    }
  }

  /// Shares a number of cells out in proportion to values; the sum is exact.
  static func cells(for values: [Double], length: Int) -> [Int] {
    let total = values.reduce(0, +)
    guard total > 0, total.isFinite, length > 0 else { return values.map { _ in 0 } }
    let exact = values.map { $0 / total * Double(length) }
    var cells = exact.map { Int($0) }
    let order = exact.indices.sorted { exact[$0] - Double(cells[$0]) > exact[$1] - Double(cells[$1]) }
    var rest = length - cells.reduce(0, +)
    for index in order where rest > 0 {
      cells[index] += 1
      rest -= 1
    }
    return cells
  }

  /// Percentages as whole numbers whose sum is 100.
  static func percentages(of values: [Double]) -> [Int] { cells(for: values, length: 100) }
}
