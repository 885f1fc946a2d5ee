/// A drawing of curves at the resolution of braille dots (2 by 4 a cell), or of one mark a cell in ASCII.
///
/// A cell has one colour. Where curves meet in a cell, the higher layer wins it; on one layer their dots are joined and
/// the later pen gives the colour; on layer 0, which is for samples behind curves, colours are mixed.
struct PlotCanvas: Sendable {
  /// Cells.
  let width: Int
  let height: Int
  /// Dots in a cell.
  let dotsAcross: Int
  let dotsDown: Int
  private var marks: [Mark]

  /// How a curve is drawn.
  struct Pen: Sendable {
    var style: Style
    /// The higher layer wins a cell.
    var layer: Int8
    /// What stands for a dot in ASCII.
    var character: Unicode.Scalar
    var dash = Dash.solid
  }

  /// Which dot columns of a curve are drawn: tells lanes apart where colour does not.
  struct Dash: Sendable, Hashable {
    var on: Int
    var period: Int

    static let solid = Dash(on: 1, period: 1)

    /// The pattern of a lane: solid for A, then ever shorter dashes.
    ///
    /// Counted in dots.
    static func pattern(lane index: Int, dotsAcross: Int) -> Dash {
      switch index % 4 {
      case 0: .solid
      case 1: Dash(on: 2 * dotsAcross, period: 3 * dotsAcross)
      case 2: Dash(on: dotsAcross, period: 2 * dotsAcross)
      default: Dash(on: 5 * dotsAcross, period: 6 * dotsAcross)
      }
    }

    func covers(_ x: Int) -> Bool { x % period < on }
  }

  private struct Mark: Sendable {
    var bits: UInt8 = 0
    var layer = Int8.min
    var style = Style.plain
    var character: Unicode.Scalar = " "
  }

  init(width: Int, height: Int, glyphs: GlyphSet) {
    self.width = max(0, width)
    self.height = max(0, height)
    (dotsAcross, dotsDown) = glyphs == .unicode ? (2, 4) : (1, 1)
    marks = Array(repeating: Mark(), count: self.width * self.height)
  }

  /// Dot columns.
  var columns: Int { width * dotsAcross }
  /// Dot rows.
  var rows: Int { height * dotsDown }

  /// The dot row of a place on an axis, 0 at the top; places outside the axis are moved to the nearer end.
  func row(at position: Double) -> Int {
    let clamped = position.isNaN ? 0 : min(max(position, 0), 1)
    return Int(((1 - clamped) * Double(max(0, rows - 1))).rounded())
  }

  /// Draws one dot; outside the canvas nothing.
  mutating func dot(_ x: Int, _ y: Int, _ pen: Pen) {
    guard x >= 0, x < columns, y >= 0, y < rows, pen.dash.covers(x) else { return }
    let index = y / dotsDown * width + x / dotsAcross
    guard pen.layer >= marks[index].layer else { return }
    if pen.layer > marks[index].layer { marks[index] = Mark(layer: pen.layer) }
    let before = marks[index].style.foreground
    marks[index].bits |= PlotCanvas.bit(column: x % dotsAcross, row: y % dotsDown)
    let isShared = pen.layer == 0 && marks[index].style != .plain && marks[index].style != pen.style
    marks[index].style = pen.style
    if isShared { marks[index].style.foreground = before.mixed(with: pen.style.foreground, at: 0.5) }
    marks[index].character = pen.character
  }

  /// Draws a vertical run of dots.
  mutating func column(_ x: Int, from y0: Int, to y1: Int, _ pen: Pen) {
    for y in max(0, min(y0, y1))...max(0, min(max(y0, y1), max(0, rows - 1))) { dot(x, y, pen) }
  }

  /// Draws from one dot to another to its right, without gaps.
  mutating func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ pen: Pen) {
    guard end.x > start.x else { return column(end.x, from: start.y, to: end.y, pen) }
    let slope = Double(end.y - start.y) / Double(end.x - start.x)
    var y = start.y
    for x in start.x + 1...end.x {
      let next = start.y + Int((slope * Double(x - start.x)).rounded())
      // From the row after the last one on: a steep line is a run of dots in each column.
      let from = next == y ? y : next > y ? y + 1 : y - 1
      column(x, from: from, to: next, pen)
      y = next
    }
  }

  /// Puts the curves on a grid, leaving cells without dots as they are.
  func draw(into grid: inout CellGrid, x: Int, y: Int) {
    for row in 0..<height {
      for column in 0..<width {
        let mark = marks[row * width + column]
        guard mark.bits != 0 else { continue }
        let character = dotsAcross == 2 ? Unicode.Scalar(0x2800 + UInt32(mark.bits)) : mark.character
        grid[x + column, y + row] = Cell(character: character ?? " ", style: mark.style)
      }
    }
  }

  /// The bit of a braille dot in U+2800.
  private static func bit(column: Int, row: Int) -> UInt8 {
    switch (column, row) {
    case (0, 0): 0x01
    case (0, 1): 0x02
    case (0, 2): 0x04
    case (1, 0): 0x08
    case (1, 1): 0x10
    case (1, 2): 0x20
    case (0, _): 0x40
    default: 0x80
    }
  }
}
