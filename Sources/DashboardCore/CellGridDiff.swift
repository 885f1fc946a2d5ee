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
    let (before, after, width) = (old.cells, new.cells, new.width)
    for row in 0..<new.height {
      let start = row * width
      guard let first = (start..<start + width).first(where: { before[$0] != after[$0] }),
        let last = (start..<start + width).last(where: { before[$0] != after[$0] })
      else { continue }
      found.append(Span(row: row, columns: first - start..<last - start + 1))
    }
    spans = found
  }
}
