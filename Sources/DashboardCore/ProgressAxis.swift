import Glibc

/// The horizontal axis of a chart: which stretch of progress falls into which dot column.
///
/// While the whole run is shown, a column's share comes from the steps 2^(j/4): between two steps every sample keeps its
/// column, so that the drawing does not shimmer as the run grows, and at least five sixths of the width are used. A
/// logarithmic axis ends at every half of an octave for the same reason.
struct ProgressAxis: Sendable, Hashable {
  let unit: ProgressUnit
  let scale: ProgressScale
  /// Progress at the left end.
  let first: Double
  /// Number of dot columns.
  let columns: Int
  /// Positions on the scale: of the left end, and from one dot column to the next.
  private let start: Double
  private let perColumn: Double

  /// An axis for a run that has come as far as `total`, of which a window is shown.
  init(unit: ProgressUnit, scale: ProgressScale = .linear, total: Double, window: ProgressWindow, columns: Int) {
    self.unit = unit
    self.scale = scale
    self.columns = max(1, columns)
    let width = Double(self.columns)
    guard scale.isLogarithmic else {
      (first, perColumn) = ProgressAxis.linear(unit, total: total, window: window, width: width)
      start = first
      return
    }
    let (shown, length) = window.stretch(total: total)
    if case .all = window {
      start = 0
      perColumn = max(1, ceil(scale.position(of: total) * 2 - 1e-9) / 2) / width
    } else {
      start = scale.position(of: shown)
      perColumn = max((scale.position(of: shown + length) - start) / width, 1e-12)
    }
    first = scale.place(at: start)
  }

  /// Progress at the left end of a linear axis and in a column of it.
  private static func linear(
    _ unit: ProgressUnit, total: Double, window: ProgressWindow, width: Double
  ) -> (first: Double, perColumn: Double) {
    // Less than one step where samples lie several columns apart.
    let least = unit == .steps ? 0.25 : 1e-9
    switch window {
    case .span(let start, let length) where length > 0:
      return (start, max(length / width, 1e-9))
    case .newest(let length) where length > 0 && length < total:
      let exact = length / width
      // In whole steps, and beginning at a multiple of them: a column that is full does not change any more.
      let step = unit == .steps && exact > 1 ? ceil(exact) : exact
      let start = total - length
      return (max(0, exact > 1 || unit != .steps ? ceil(start / step - 1e-9) * step : start), step)
    default:
      let needed = max(total, 1e-9) / width
      return (0, needed > least ? exp2(ceil(log2(needed) * 4 - 1e-9) / 4) : least)
    }
  }

  /// Progress at the right end.
  var end: Double { scale.place(at: start + perColumn * Double(columns)) }

  /// Progress at a share of the width, 0 at the left end.
  func place(atFraction fraction: Double) -> Double {
    scale.place(at: start + fraction * perColumn * Double(columns))
  }

  /// Where each dot column begins, and where the last one ends.
  var edges: [Double] { (0...columns).map { edge($0) } }

  /// A hair before the exact place, so that what lies on an edge by rounding lies in the column that begins there.
  private func edge(_ column: Int) -> Double { scale.place(at: start + (Double(column) - 1e-7) * perColumn) }

  /// Dot column of a place; nil outside the axis.
  func column(of place: Double) -> Int? {
    let column = (scale.position(of: place) - start) / perColumn + 1e-7
    return column >= 0 && column < Double(columns) ? Int(column) : nil
  }
}
