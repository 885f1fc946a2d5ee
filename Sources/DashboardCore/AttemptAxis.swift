import Glibc

/// The horizontal axis of a chart: which attempts fall into which dot column.
///
/// While the whole run is shown, attempts per column come from the steps 2^(j/4): between two steps every attempt keeps
/// its column, so that the drawing does not shimmer as the run grows, and at least five sixths of the width are used.
struct AttemptAxis: Sendable, Hashable {
  /// First attempt shown.
  let first: Int
  /// Attempts a dot column stands for; below 1 where attempts lie several columns apart.
  let attemptsPerColumn: Double
  /// Number of dot columns.
  let columns: Int

  /// An axis on which the newest attempts up to `last` fit, all of them or the `window` newest.
  init(last: Int, window: AttemptWindow, columns: Int) {
    self.columns = max(1, columns)
    let total = max(1, last < Int.max ? last + 1 : last)
    guard let wanted = window.attempts, wanted < total else {
      var exponent = -8.0
      let needed = Double(total) / Double(self.columns)
      if needed > 0.25 { exponent = ceil(log2(needed) * 4 - 1e-9) }
      first = 0
      attemptsPerColumn = exp2(exponent / 4)
      return
    }
    let exact = Double(wanted) / Double(self.columns)
    guard exact > 1 else {
      first = total - wanted
      attemptsPerColumn = exact
      return
    }
    let whole = Int(ceil(exact))
    attemptsPerColumn = Double(whole)
    first = max(0, (total - wanted + whole - 1) / whole * whole)
  }

  /// Attempts in a dot column; may be empty.
  func attempts(at column: Int) -> Range<Int> {
    let lower = first + Int(ceil(Double(column) * attemptsPerColumn - 1e-9))
    let upper = first + Int(ceil(Double(column + 1) * attemptsPerColumn - 1e-9))
    return lower..<max(lower, upper)
  }

  /// Dot column of an attempt; nil outside the axis.
  func column(of attempt: Int) -> Int? {
    guard attempt >= first else { return nil }
    let column = Double(attempt - first) / attemptsPerColumn + 1e-9
    return column < Double(columns) ? Int(column) : nil
  }
}
