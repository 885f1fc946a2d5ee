/// Digits three pixels wide and five high, drawn large.
enum BlockDigits {
  /// How large a pixel is.
  enum Size {
    /// Two columns and one row: digits six by five cells.
    case large
    /// One column and half a row: digits three by three cells.
    case small
  }

  /// Rows of cells that a text takes.
  static func height(_ size: Size, glyphs: GlyphSet) -> Int {
    // ASCII has no half blocks: a pixel is a whole cell.
    size == .small && glyphs == .unicode ? 3 : 5
  }

  /// Columns of cells that a text takes.
  static func width(of text: String, _ size: Size) -> Int {
    let pixels = text.reduce(0) { $0 + (bitmap(of: $1).first?.count ?? 0) + 1 } - 1
    return max(0, pixels) * (size == .large ? 2 : 1)
  }

  /// Draws a text of digits, point, minus and ×, its rows in the colours of a function of the share from the top.
  static func draw(
    _ text: String, _ size: Size, x: Int, y: Int, with painter: inout Painter, color: (Double) -> Color
  ) {
    var column = x
    for character in text {
      let rows = bitmap(of: character)
      let width = rows.first?.count ?? 0
      for (row, pixels) in rows.enumerated() {
        for (offset, pixel) in pixels.enumerated() where pixel == "#" {
          let style = painter.style(color(Double(row) / 4), .bold)
          switch (size, painter.glyphs) {
          case (.large, _):
            for extra in 0...1 {
              painter.grid[column + 2 * offset + extra, y + row] = Cell(character: "█", style: style)
            }
          case (.small, .ascii):
            painter.grid[column + offset, y + row] = Cell(character: "#", style: style)
          case (.small, .unicode):
            let isUpper = row.isMultiple(of: 2)
            let other = row + (isUpper ? 1 : -1)
            let isBoth = rows.indices.contains(other) && Array(rows[other])[offset] == "#"
            painter.grid[column + offset, y + row / 2] = Cell(
              character: isBoth ? "█" : isUpper ? "▀" : "▄", style: style)
          }
        }
      }
      column += (width + 1) * (size == .large ? 2 : 1)
    }
  }

  private static func bitmap(of character: Character) -> [String] {
    switch character {
    case "0": ["###", "# #", "# #", "# #", "###"]
    case "1": [" # ", "## ", " # ", " # ", "###"]
    case "2": ["###", "  #", "###", "#  ", "###"]
    case "3": ["###", "  #", " ##", "  #", "###"]
    case "4": ["# #", "# #", "###", "  #", "  #"]
    case "5": ["###", "#  ", "###", "  #", "###"]
    case "6": ["###", "#  ", "###", "# #", "###"]
    case "7": ["###", "  #", "  #", "  #", "  #"]
    case "8": ["###", "# #", "###", "# #", "###"]
    case "9": ["###", "# #", "###", "  #", "###"]
    case ".": [" ", " ", " ", " ", "#"]
    case "×": ["   ", "# #", " # ", "# #", "   "]
    case "-": ["   ", "   ", "###", "   ", "   "]
    default: [" ", " ", " ", " ", " "]
    }
  }
}
