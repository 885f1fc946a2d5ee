extension CellGrid {
  /// The grid as lines of text with escape sequences for colours and attributes (ECMA-48 SGR), each line ending in a
  /// reset and a line feed.
  ///
  /// What a terminal of that depth would show after `cat`. Without colours and attributes it is plain text.
  public func ansi(depth: ColorDepth) -> String {
    var result = ""
    for y in 0..<height {
      var current = Style.plain
      for x in 0..<width {
        let cell = self[x, y]
        if cell.style != current {
          result += CellGrid.sequence(of: cell.style, depth: depth)
          current = cell.style
        }
        result.unicodeScalars.append(cell.character)
      }
      result += current == .plain ? "\n" : "\u{1B}[0m\n"
    }
    return result
  }

  /// A sequence that sets a style, whatever was set before.
  private static func sequence(of style: Style, depth: ColorDepth) -> String {
    var codes = ["0"]
    let attributes: [(TextAttributes, String)] = [(.bold, "1"), (.dim, "2"), (.underline, "4"), (.reverse, "7")]
    for (attribute, code) in attributes where style.attributes.contains(attribute) { codes.append(code) }
    if let code = code(of: style.foreground, depth: depth, isBackground: false) { codes.append(code) }
    if let code = code(of: style.background, depth: depth, isBackground: true) { codes.append(code) }
    return "\u{1B}[\(codes.joined(separator: ";"))m"
  }

  private static func code(of color: Color, depth: ColorDepth, isBackground: Bool) -> String? {
    guard let (r, g, b) = color.channels else { return nil }
    let base = isBackground ? 40 : 30
    switch depth {
    case .trueColor: return "\(base + 8);2;\(r);\(g);\(b)"
    case .palette256: return nearest256(color).map { "\(base + 8);5;\($0)" }
    case .palette16: return nearest16(color).map { $0 < 8 ? "\(base + $0)" : "\(base + 60 + $0 - 8)" }
    case .palette8: return nearest8(color).map { "\(base + $0)" }
    case .monochrome: return nil
    }
  }
}
