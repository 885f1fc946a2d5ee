extension CellGrid {
  /// The grid as an SVG picture: one rectangle a run of background, one text element a run of a style.
  ///
  /// Every run is placed and stretched to its columns, so that no viewer's font shifts it. The terminal's own colours
  /// become those of a theme, and light grey on near-black where the theme has none.
  public func svg(theme: Theme) -> String {
    let (cellWidth, cellHeight) = (8, 17)
    let paper = CellGrid.known(theme.background, else: theme.isLight ? .rgb(245, 245, 245) : .rgb(24, 24, 24))
    let ink = CellGrid.known(theme.foreground, else: theme.isLight ? .rgb(24, 24, 24) : .rgb(220, 220, 220))
    var body = ""
    for y in 0..<height {
      for run in runs(in: y) {
        var foreground = CellGrid.known(run.style.foreground, else: ink)
        var background = CellGrid.known(run.style.background, else: paper)
        if run.style.attributes.contains(.reverse) { swap(&foreground, &background) }
        if run.style.attributes.contains(.dim) { foreground = foreground.mixed(with: background, at: 0.4) }
        let (x, width) = (run.start * cellWidth, run.text.unicodeScalars.count * cellWidth)
        if background != paper {
          body += "<rect x=\"\(x)\" y=\"\(y * cellHeight)\" width=\"\(width)\" height=\"\(cellHeight)\" "
          body += "fill=\"\(background.hexadecimal)\"/>\n"
        }
        guard run.text.contains(where: { $0 != " " }) else { continue }
        let weight = run.style.attributes.contains(.bold) ? " font-weight=\"bold\"" : ""
        let line = run.style.attributes.contains(.underline) ? " text-decoration=\"underline\"" : ""
        body += "<text x=\"\(x)\" y=\"\(y * cellHeight + 13)\" textLength=\"\(width)\" "
        body += "lengthAdjust=\"spacingAndGlyphs\" fill=\"\(foreground.hexadecimal)\"\(weight)\(line)>"
        body += CellGrid.escaped(run.text) + "</text>\n"
      }
    }
    let size = "width=\"\(width * cellWidth)\" height=\"\(height * cellHeight)\""
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \(size) viewBox="0 0 \(width * cellWidth) \(height * cellHeight)" \
      font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13.3" xml:space="preserve">
      <rect width="100%" height="100%" fill="\(paper.hexadecimal)"/>
      \(body)</svg>

      """
  }

  private struct Run {
    var start: Int
    var style: Style
    var text: String
  }

  private func runs(in y: Int) -> [Run] {
    var runs: [Run] = []
    for x in 0..<width {
      let cell = self[x, y]
      if let last = runs.last, last.style == cell.style {
        runs[runs.count - 1].text.unicodeScalars.append(cell.character)
      } else {
        runs.append(Run(start: x, style: cell.style, text: String(cell.character)))
      }
    }
    return runs
  }

  private static func known(_ color: Color, else other: Color) -> Color { color == .default ? other : color }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}

extension Color {
  /// "#rrggbb"; black for the terminal's own.
  var hexadecimal: String {
    guard case .rgb(let r, let g, let b) = self else { return "#000000" }
    let digits = String(Int(r) << 16 | Int(g) << 8 | Int(b), radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
