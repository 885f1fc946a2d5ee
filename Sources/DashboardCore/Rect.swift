/// A rectangle of cells.
struct Rect: Sendable, Hashable {
  var x: Int
  var y: Int
  var width: Int
  var height: Int

  /// The column after the last.
  var right: Int { x + width }
  /// The row after the last.
  var bottom: Int { y + height }

  var isEmpty: Bool { width <= 0 || height <= 0 }

  /// The rectangle inside a border of one cell.
  var inner: Rect { Rect(x: x + 1, y: y + 1, width: max(0, width - 2), height: max(0, height - 2)) }

  func contains(_ column: Int, _ row: Int) -> Bool {
    column >= x && column < right && row >= y && row < bottom
  }

  /// What lies in both rectangles; of no size where they do not meet.
  func intersection(_ other: Rect) -> Rect {
    let (left, top) = (max(x, other.x), max(y, other.y))
    return Rect(
      x: left, y: top, width: max(0, min(right, other.right) - left), height: max(0, min(bottom, other.bottom) - top))
  }

  /// The rectangle without columns at its left and right side.
  func insetting(left: Int = 0, right: Int = 0, top: Int = 0, bottom: Int = 0) -> Rect {
    Rect(x: x + left, y: y + top, width: max(0, width - left - right), height: max(0, height - top - bottom))
  }

  /// A rectangle of at most a size in the middle of this one.
  func centered(width wanted: Int, height wantedHeight: Int) -> Rect {
    let w = min(max(0, wanted), width)
    let h = min(max(0, wantedHeight), height)
    return Rect(x: x + (width - w) / 2, y: y + (height - h) / 2, width: w, height: h)
  }
}
