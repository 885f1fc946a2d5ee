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
  /// The same as powers of two, for a division takes its time.
  private let shiftAcross: Int
  private let shiftDown: Int
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

    func covers(_ x: Int) -> Bool { period == 1 || x % period < on }
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
    (shiftAcross, shiftDown) = glyphs == .unicode ? (1, 2) : (0, 0)
    (dotsAcross, dotsDown) = (1 << shiftAcross, 1 << shiftDown)
    marks = Array(repeating: Mark(), count: self.width * self.height)
  }

  /// Dot columns.
  var columns: Int { width * dotsAcross }
  /// Dot rows.
  var rows: Int { height * dotsDown }

  /// The dot row of a place on an axis, 0 at the top; places outside the axis are moved to the nearer end.
  func row(at position: Double) -> Int {
    let clamped = position.isNaN ? 0 : min(max(position, 0), 1)
    return PlotCanvas.nearest((1 - clamped) * Double(max(0, rows - 1)))
  }

  /// The nearest whole number, of two the one away from zero: as `rounded()`, which is a call on processors of old.
  private static func nearest(_ value: Double) -> Int { value < 0 ? -Int(0.5 - value) : Int(value + 0.5) }

  /// Draws one dot; outside the canvas nothing.
  mutating func dot(_ x: Int, _ y: Int, _ pen: Pen) {
    guard y >= 0 else { return }
    column(x, from: y, to: y, pen)
  }

  /// Draws a vertical run of dots; the part outside the canvas is left out.
  mutating func column(_ x: Int, from y0: Int, to y1: Int, _ pen: Pen) {
    guard x >= 0, x < columns, pen.dash.covers(x) else { return }
    let last = min(max(y0, y1), rows - 1)
    var y = max(0, min(y0, y1))
    var index = (y >> shiftDown) * width + (x >> shiftAcross)
    let column = x & (dotsAcross - 1)
    while y <= last {
      let first = y & (dotsDown - 1)
      let end = min(dotsDown, first + last - y + 1)
      mark(index, column: column, dots: first..<end, pen)
      y += end - first
      index += width
    }
  }

  /// Draws dots of one cell that stand above each other.
  private mutating func mark(_ index: Int, column: Int, dots: Range<Int>, _ pen: Pen) {
    guard pen.layer >= marks[index].layer else { return }
    var mark = pen.layer > marks[index].layer ? Mark(layer: pen.layer) : marks[index]
    for row in dots { mark.bits |= PlotCanvas.bit(column: column, row: row) }
    // Each dot on a cell of another colour brings it nearer to its own.
    if pen.layer == 0, mark.style != .plain {
      var mixes = dots.count
      while mixes > 0, mark.style != pen.style {
        let before = mark.style.foreground
        mark.style = pen.style
        mark.style.foreground = before.mixed(with: pen.style.foreground, at: 0.5)
        mixes -= 1
      }
    } else {
      mark.style = pen.style
    }
    mark.character = pen.character
    marks[index] = mark
  }

  /// Draws from one dot to another to its right, without gaps.
  mutating func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ pen: Pen) {
    guard end.x > start.x else { return column(end.x, from: start.y, to: end.y, pen) }
    let slope = Double(end.y - start.y) / Double(end.x - start.x)
    var y = start.y
    for x in start.x + 1...end.x {
      let next = start.y + PlotCanvas.nearest(slope * Double(x - start.x))
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

  /// The bit of a braille dot in U+2800: a byte a row, the topmost the lowest.
  private static func bit(column: Int, row: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (column == 0 ? 0x4004_0201 : 0x8020_1008) >> (8 * row))
  }
}
