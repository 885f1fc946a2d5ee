import TrainingEvents

/// A theme in one line: text, both lanes as curves, phases of a step, what is good and what is bad.
public enum ThemePreview {
  /// Columns of the line.
  public static let width = 52

  /// Draws the line.
  public static func grid(_ theme: Theme, glyphs: GlyphSet) -> CellGrid {
    var painter = Painter(width: width, height: 1, theme: theme, glyphs: glyphs)
    draw(theme, x: 0, y: 0, in: Rect(x: 0, y: 0, width: width, height: 1), with: &painter)
    painter.finish()
    return painter.grid
  }

  /// Draws the line into a grid that has another theme.
  static func draw(_ theme: Theme, x: Int, y: Int, in rect: Rect, with painter: inout Painter) {
    func style(_ color: Color, _ attributes: TextAttributes = []) -> Style {
      Style(foreground: color, background: theme.background, attributes: attributes)
    }
    var pieces = [
      (" title", style(theme.title, .bold)), (" text", style(theme.foreground)), (" axis", style(theme.secondary)),
      (" key ", style(theme.highlight, .bold)),
    ]
    for (index, line) in ["━━━", "━╌━"].enumerated() {
      let lane = LaneID(index)
      pieces.append(("\(lane)\(line) ", style(theme.color(of: lane), .bold)))
    }
    for (color, phase) in zip(theme.phases, StepPhase.allCases) {
      pieces.append((theme.usesPatterns ? "\(phase.pattern)\(phase.pattern)" : "██", style(color)))
    }
    pieces += [
      (" ✓", style(theme.good, .bold)), (" ▼", style(theme.warning, .bold)), (" ✕ ", style(theme.overflow, .bold)),
      ("    ", style(theme.foreground)),
    ]
    painter.write(pieces, x: x, y: y, in: rect)
  }
}
