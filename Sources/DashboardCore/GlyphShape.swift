/// Characters that are drawn as shapes in pictures: they must meet their neighbours, and fonts disagree about them.
enum GlyphShape {
  /// The shape of a character in the cell at a place as SVG path data; nil where it is text.
  static func path(of character: Unicode.Scalar, x: Int, y: Int) -> String? {
    let (width, height) = (Double(CellGrid.pictureCell.width), Double(CellGrid.pictureCell.height))
    let (left, top) = (Double(x), Double(y))
    func box(_ dx: Double, _ dy: Double, _ w: Double, _ h: Double) -> String {
      "M\(number(left + dx)) \(number(top + dy))h\(number(w))v\(number(h))h\(number(-w))z"
    }
    /// Parts of a length with gaps between them, as shares of it.
    func dashes(_ count: Int, _ part: (Double) -> String) -> String {
      (0..<count).map { part((Double($0) + 0.25) / Double(count)) }.joined()
    }
    switch character.value {
    case 0x2800...0x28FF: return dots(character.value - 0x2800, x: x, y: y)
    case 0x2581...0x2588:
      let part = height * Double(character.value - 0x2580) / 8
      return box(0, height - part, width, part)
    case 0x2589...0x258F: return box(0, 0, width * Double(0x2590 - character.value) / 8, height)
    default: break
    }
    switch character {
    case "▀": return box(0, 0, width, height / 2)
    case "▐": return box(width / 2, 0, width / 2, height)
    case "─": return box(0, 8, width, 1)
    case "━": return box(0, 7.5, width, 2)
    case "│": return box(3.5, 0, 1, height)
    case "┃": return box(3, 0, 2, height)
    case "╌": return dashes(2) { box($0 * width, 8, 2, 1) }
    case "┈": return dashes(4) { box($0 * width, 8, 1, 1) }
    case "┊": return dashes(4) { box(3.5, $0 * height, 1, 2) }
    case "╭": return corner(left, top, right: 1, down: 1)
    case "╮": return corner(left, top, right: -1, down: 1)
    case "╰": return corner(left, top, right: 1, down: -1)
    case "╯": return corner(left, top, right: -1, down: -1)
    default: return nil
    }
  }

  /// Braille dots: bits 0 to 2 and 6 are the left column from above, 3 to 5 and 7 the right one.
  private static func dots(_ bits: UInt32, x: Int, y: Int) -> String {
    let places = [(1, 1), (1, 5), (1, 10), (5, 1), (5, 5), (5, 10), (1, 14), (5, 14)]
    return places.enumerated().filter { bits >> $0.offset & 1 == 1 }
      .map { "M\(x + $0.element.0) \(y + $0.element.1)h2v2h-2z" }.joined()
  }

  /// A rounded corner from the middle of a side to the middle of the cell's upper or lower end.
  private static func corner(_ left: Double, _ top: Double, right: Double, down: Double) -> String {
    let (outerX, outerY) = (left + (right > 0 ? 8 : 0), top + (down > 0 ? 17 : 0))
    let (x, y) = (left + 4, top + 8.5)
    func point(_ px: Double, _ py: Double) -> String { "\(number(px)) \(number(py))" }
    return "M\(point(outerX, y - 0.5 * down))"
      + "Q\(point(x - 0.5 * right, y - 0.5 * down)) \(point(x - 0.5 * right, y + 4 * down))L\(point(x - 0.5 * right, outerY))"
      + "L\(point(x + 0.5 * right, outerY))L\(point(x + 0.5 * right, y + 4 * down))"
      + "Q\(point(x + 0.5 * right, y + 0.5 * down)) \(point(outerX, y + 0.5 * down))z"
  }

  /// With as few digits as a picture needs.
  private static func number(_ value: Double) -> String {
    let text = Format.fixed(value, decimals: 2)
    guard text.contains(".") else { return text }
    var digits = Substring(text)
    while digits.last == "0" { digits.removeLast() }
    if digits.last == "." { digits.removeLast() }
    return String(digits)
  }
}
