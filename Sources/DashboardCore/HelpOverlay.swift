/// The key table as help, in as many columns as the height asks for.
enum HelpOverlay {
  /// A line of the help: a heading, or keys and what they do.
  private enum Line { case heading(String), keys(String, String), blank }

  /// What the marks on the charts mean.
  private static let marks = [
    ("▲", "scale grew; loss cut off"), ("▼", "scale backed off"), ("✕", "skipped; loss not finite"),
    ("┊", "precision changed; fault"),
  ]

  /// Rows and columns of the help on a screen.
  private static func shape(width: Int, height: Int) -> (perColumn: Int, columns: Int, columnWidth: Int) {
    let count = lines().count
    let rows = max(1, height - 2)
    let columns = max(1, min((count + rows - 1) / rows, max(1, width / 38)))
    return (min(rows, (count + columns - 1) / columns), columns, min(56, max(8, (width - 4) / columns)))
  }

  /// How many pages the help has on a screen.
  static func pages(width: Int, height: Int) -> Int {
    let shape = shape(width: width, height: height)
    return max(1, (lines().count + shape.perColumn * shape.columns - 1) / max(1, shape.perColumn * shape.columns))
  }

  static func draw(page: Int, in screen: Rect, with painter: inout Painter) {
    let (perColumn, columns, columnWidth) = shape(width: screen.width, height: screen.height)
    let pages = pages(width: screen.width, height: screen.height)
    let first = min(max(page, 0), pages - 1) * perColumn * columns
    let title = pages > 1 ? "keys \(first / (perColumn * columns) + 1)/\(pages): ? turns the page" : "keys"
    Overlays.popup(
      title: title, lines: Array(repeating: [], count: perColumn), width: columns * columnWidth, in: screen,
      with: &painter)
    let rect = screen.centered(width: columns * columnWidth + 4, height: perColumn + 2)
    guard rect.height >= 3, rect.width >= 8 else { return }
    let room = rect.inner.insetting(left: 1, right: 1)
    for (index, line) in lines().dropFirst(first).enumerated() where index / perColumn < columns {
      let x = room.x + index / perColumn * columnWidth
      let cell = Rect(x: x, y: room.y, width: min(columnWidth - 1, room.right - x), height: room.height)
      let y = room.y + index % perColumn
      switch line {
      case .heading(let text): painter.write([(text, painter.strong)], x: x, y: y, in: cell)
      case .keys(let keys, let text):
        painter.write([(keys.leftPadded(9), painter.key), ("  \(text)", painter.text)], x: x, y: y, in: cell)
      case .blank: break
      }
    }
  }

  private static func lines() -> [Line] {
    var lines: [Line] = []
    for section in KeyTable.sections {
      if !lines.isEmpty { lines.append(.blank) }
      lines.append(.heading(section.title))
      var hasPanes = false
      for binding in section.bindings {
        // The digits of the panes share a line.
        if case .togglePane = binding.command {
          if !hasPanes { lines.append(.keys("1 to \(Pane.allCases.count)", "show or hide a pane")) }
          hasPanes = true
          continue
        }
        lines.append(.keys(binding.label, binding.help))
      }
    }
    lines += [.blank, .heading("marks")] + marks.map { .keys($0.0, $0.1) }
    return lines
  }
}
