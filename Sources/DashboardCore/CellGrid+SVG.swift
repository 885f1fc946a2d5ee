extension CellGrid {
  /// Columns and rows of a cell in units of the picture.
  static let pictureCell = (width: 8, height: 17)

  /// The grid as an SVG picture.
  ///
  /// Lines, blocks and braille dots are shapes, since fonts disagree about them and browsers leave gaps between rows. The
  /// rest is text, each run placed and stretched to its columns, so that no viewer's font shifts it. The terminal's own
  /// colours become those of a theme, and light grey on near-black where the theme has none.
  public func svg(theme: Theme) -> String {
    let (cellWidth, cellHeight) = CellGrid.pictureCell
    let paper = CellGrid.known(theme.background, else: theme.isLight ? .rgb(245, 245, 245) : .rgb(24, 24, 24))
    let ink = CellGrid.known(theme.foreground, else: theme.isLight ? .rgb(24, 24, 24) : .rgb(220, 220, 220))
    var (grounds, shapes, texts) = (Layer(), Layer(), Layer())
    for y in 0..<height {
      for run in runs(in: y) {
        var foreground = CellGrid.known(run.style.foreground, else: ink)
        var background = CellGrid.known(run.style.background, else: paper)
        if run.style.attributes.contains(.reverse) { swap(&foreground, &background) }
        if run.style.attributes.contains(.dim) { foreground = foreground.mixed(with: background, at: 0.4) }
        let (x, top, width) = (run.start * cellWidth, y * cellHeight, run.characters.count * cellWidth)
        if background != paper {
          grounds.add("M\(x) \(top)h\(width)v\(cellHeight)h-\(width)z", as: background.hexadecimal)
        }
        let weight = run.style.attributes.contains(.bold) ? " font-weight=\"bold\"" : ""
        let line = run.style.attributes.contains(.underline) ? " text-decoration=\"underline\"" : ""
        for word in run.words {
          let x = x + word.start * cellWidth
          if let shape = word.shape(x: x, y: top) {
            shapes.add(shape, as: foreground.hexadecimal)
          } else {
            texts.add(word.element(x: x, y: top + 13), as: "\(foreground.hexadecimal)\"\(weight)\(line)")
          }
        }
      }
    }
    let paths = (grounds.parts + shapes.parts).map { "<path fill=\"\($0.key)\" d=\"\($0.body)\"/>\n" }
    let groups = texts.parts.map { key, body in
      // The key of a plain text is a colour, whose quote is still open.
      "<g fill=\"\(key.hasSuffix("\"") ? key : key + "\"")>\n\(body)</g>\n"
    }
    let size = "width=\"\(width * cellWidth)\" height=\"\(height * cellHeight)\""
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \(size) viewBox="0 0 \(width * cellWidth) \(height * cellHeight)" \
      font-family="'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace" font-size="13.3" \
      xml:space="preserve">
      <rect width="100%" height="100%" fill="\(paper.hexadecimal)"/>
      \((paths + groups).joined())</svg>

      """
  }

  /// Pieces of the picture that share their attributes, in the order of first use.
  private struct Layer {
    private(set) var parts: [(key: String, body: String)] = []
    private var indices: [String: Int] = [:]

    mutating func add(_ piece: String, as key: String) {
      if let index = indices[key] {
        parts[index].body += piece
      } else {
        indices[key] = parts.count
        parts.append((key, piece))
      }
    }
  }

  private struct Run {
    var start: Int
    var style: Style
    var characters: [Unicode.Scalar]

    /// Text without gaps, and every character that fonts may draw wider than a cell by itself; blanks are left out.
    var words: [Word] {
      var words: [Word] = []
      for (index, character) in characters.enumerated() where character != " " {
        let isPlain = character.isASCII
        if isPlain, let last = words.last, last.isPlain, index - last.end <= 1 {
          // A single blank inside a text stays in it.
          if index > last.end { words[words.count - 1].characters.append(" ") }
          words[words.count - 1].characters.append(character)
        } else {
          words.append(Word(start: index, isPlain: isPlain, characters: [character]))
        }
      }
      return words
    }
  }

  private struct Word {
    var start: Int
    var isPlain: Bool
    var characters: [Unicode.Scalar]

    var end: Int { start + characters.count }

    func shape(x: Int, y: Int) -> String? {
      isPlain ? nil : GlyphShape.path(of: characters[0], x: x, y: y)
    }

    func element(x: Int, y: Int) -> String {
      let width = characters.count * CellGrid.pictureCell.width
      return "<text x=\"\(x)\" y=\"\(y)\" textLength=\"\(width)\" lengthAdjust=\"spacingAndGlyphs\">"
        + CellGrid.escaped(characters) + "</text>\n"
    }
  }

  private func runs(in y: Int) -> [Run] {
    var runs: [Run] = []
    for x in 0..<width {
      let cell = self[x, y]
      if let last = runs.last, last.style == cell.style {
        runs[runs.count - 1].characters.append(cell.character)
      } else {
        runs.append(Run(start: x, style: cell.style, characters: [cell.character]))
      }
    }
    return runs
  }

  private static func known(_ color: Color, else other: Color) -> Color { color == .default ? other : color }

  private static func escaped(_ characters: [Unicode.Scalar]) -> String {
    var result = ""
    for character in characters {
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
    guard let (r, g, b) = channels else { return "#000000" }
    let digits = String(Int(r) << 16 | Int(g) << 8 | Int(b), radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
