/// A screen as a rectangle of cells: what views draw into and what a terminal shows.
///
/// Writing outside the rectangle is clipped, never an error: a view may be asked to draw into one cell.
public struct CellGrid: Sendable, Hashable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// The cells row by row, `width * height` of them.
  public private(set) var cells: [Cell]
  /// The part that writing reaches; the whole grid unless a view is confined to its own part.
  private(set) var clip: Rect

  /// A grid filled with one cell; negative sizes count as zero.
  public init(width: Int, height: Int, fill: Cell = Cell()) {
    self.width = max(0, width)
    self.height = max(0, height)
    cells = Array(repeating: fill, count: self.width * self.height)
    clip = Rect(x: 0, y: 0, width: self.width, height: self.height)
  }

  /// Confines writing to a rectangle; nil lifts every limit but the grid's own.
  mutating func confine(to rect: Rect?) {
    let whole = Rect(x: 0, y: 0, width: width, height: height)
    clip = rect.map { whole.intersection($0) } ?? whole
  }

  /// The cell in column `x` of row `y`.
  ///
  /// Outside the grid, reading gives a blank cell and writing does nothing.
  public subscript(x: Int, y: Int) -> Cell {
    get { x >= 0 && x < width && y >= 0 && y < height ? cells[y * width + x] : Cell() }
    set {
      guard clip.contains(x, y) else { return }
      cells[y * width + x] = newValue
    }
  }

  /// Writes text from column `x` of row `y` to the right; clipped at the grid and after `limit` columns.
  ///
  /// Scalars that would not fill exactly one column are replaced by "?" or left out. Returns the column after the text,
  /// clipped parts included.
  @discardableResult
  public mutating func write(_ text: String, x: Int, y: Int, style: Style, limit: Int = .max) -> Int {
    var column = x
    let end = limit > Int.max - max(x, 0) ? Int.max : x + max(0, limit)
    let isInside = y >= clip.y && y < clip.bottom
    let (left, right, start) = (clip.x, clip.right, y * width)
    for scalar in text.unicodeScalars {
      guard let character = scalar.cellCharacter else { continue }
      guard column < end else { break }
      if isInside, column >= left, column < right { cells[start + column] = Cell(character: character, style: style) }
      column += 1
    }
    return column
  }

  /// Fills a rectangle; the part outside the grid is ignored.
  public mutating func fill(x: Int, y: Int, width: Int, height: Int, with cell: Cell) {
    let part = clip.intersection(Rect(x: x, y: y, width: width, height: height))
    for row in part.y..<part.bottom {
      for column in part.x..<part.right { cells[row * self.width + column] = cell }
    }
  }

  /// The cells of a rectangle row by row; those outside the grid are left out.
  func cells(in rect: Rect) -> [Cell] {
    let part = Rect(x: 0, y: 0, width: width, height: height).intersection(rect)
    return (part.y..<part.bottom).flatMap { cells[$0 * width + part.x..<$0 * width + part.right] }
  }

  /// Puts cells back that were taken from a rectangle of a grid of the same size.
  mutating func put(_ kept: [Cell], in rect: Rect) {
    let part = Rect(x: 0, y: 0, width: width, height: height).intersection(rect)
    for (line, row) in (part.y..<part.bottom).enumerated() {
      cells.replaceSubrange(
        row * width + part.x..<row * width + part.right, with: kept[line * part.width..<(line + 1) * part.width])
    }
  }

  /// Replaces every cell by what a function makes of it.
  public mutating func transform(_ change: (inout Cell) -> Void) {
    for index in cells.indices { change(&cells[index]) }
  }

  /// The characters alone: one line a row, each ending in a line feed.
  public var text: String {
    var result = String.UnicodeScalarView()
    for y in 0..<height {
      for x in 0..<width { result.append(cells[y * width + x].character) }
      result.append("\n")
    }
    return String(result)
  }
}
