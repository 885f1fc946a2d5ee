/// What must be drawn to turn one screen into another: at most one span a row.
public struct CellGridDiff: Sendable, Hashable {
  /// Cells `columns` of one row that changed; those between the first and the last change are included.
  public struct Span: Sendable, Hashable {
    /// The row.
    public var row: Int
    /// First changed column up to and without the column after the last.
    public var columns: Range<Int>

    /// Creates a span.
    public init(row: Int, columns: Range<Int>) {
      self.row = row
      self.columns = columns
    }
  }

  /// The changed spans from top to bottom; rows without a change have none.
  public let spans: [Span]

  /// Compares two grids.
  ///
  /// Grids of different sizes, or no old grid, mean that every row is drawn. O(cells).
  public init(from old: CellGrid?, to new: CellGrid) {
    guard let old, old.width == new.width, old.height == new.height else {
      spans = new.width > 0 ? (0..<new.height).map { Span(row: $0, columns: 0..<new.width) } : []
      return
    }
    var found: [Span] = []
    let width = new.width
    old.cells.withUnsafeBufferPointer { before in
      new.cells.withUnsafeBufferPointer { after in
        for row in 0..<new.height {
          var (first, end) = (row * width, (row + 1) * width)
          while first < end, before[first] == after[first] { first += 1 }
          guard first < end else { continue }
          while before[end - 1] == after[end - 1] { end -= 1 }
          found.append(Span(row: row, columns: first - row * width..<end - row * width))
        }
      }
    }
    spans = found
  }
}
