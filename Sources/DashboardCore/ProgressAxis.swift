import Glibc

/// The horizontal axis of a chart: which stretch of progress falls into which dot column.
///
/// While the whole run is shown, a column's share comes from the steps 2^(j/4): between two steps every sample keeps its
/// column, so that the drawing does not shimmer as the run grows, and at least five sixths of the width are used.
struct ProgressAxis: Sendable, Hashable {
  let unit: ProgressUnit
  /// Progress at the left end.
  let first: Double
  /// Progress that a dot column stands for; below one step where samples lie several columns apart.
  let perColumn: Double
  /// Number of dot columns.
  let columns: Int

  /// An axis for a run that has come as far as `total`, of which a window is shown.
  init(unit: ProgressUnit, total: Double, window: ProgressWindow, columns: Int) {
    self.unit = unit
    self.columns = max(1, columns)
    let width = Double(self.columns)
    let least = unit == .steps ? 0.25 : 1e-9
    switch window {
    case .span(let start, let length) where length > 0:
      (first, perColumn) = (start, max(length / width, 1e-9))
    case .newest(let length) where length > 0 && length < total:
      let exact = length / width
      // In whole steps, and beginning at a multiple of them: a column that is full does not change any more.
      let step = unit == .steps && exact > 1 ? ceil(exact) : exact
      let start = total - length
      first = max(0, exact > 1 || unit != .steps ? ceil(start / step - 1e-9) * step : start)
      perColumn = step
    default:
      let needed = max(total, 1e-9) / width
      first = 0
      perColumn = needed > least ? exp2(ceil(log2(needed) * 4 - 1e-9) / 4) : least
    }
  }

  /// Progress at the right end.
  var end: Double { first + perColumn * Double(columns) }

  /// The stretch of progress in a dot column.
  func stretch(at column: Int) -> Range<Double> { edge(column)..<edge(column + 1) }

  /// The stretch in several dot columns.
  func stretch(at columns: Range<Int>) -> Range<Double> { edge(columns.lowerBound)..<edge(columns.upperBound) }

  /// A hair before the exact place, so that what lies on an edge by rounding lies in the column that begins there.
  private func edge(_ column: Int) -> Double { first + (Double(column) - 1e-7) * perColumn }

  /// Dot column of a place; nil outside the axis.
  func column(of place: Double) -> Int? {
    let column = (place - first) / perColumn + 1e-7
    return column >= 0 && column < Double(columns) ? Int(column) : nil
  }

  /// Labelled places at 1, 2 or 5 times a power of ten; for time at the divisions of a clock.
  ///
  /// About one in `spacing` dot columns.
  func ticks(spacing: Int) -> [(place: Double, label: String)] {
    let wanted = perColumn * Double(max(1, spacing))
    let step = unit == .time ? ProgressAxis.clockStep(wanted) : ValueAxis.roundStep(wanted)
    guard step > 0, step.isFinite, (end - first) / step < 200 else { return [] }
    let stepOrWhole = unit == .steps || unit == .samples ? max(1, step) : step
    var ticks: [(place: Double, label: String)] = []
    var index = ceil(first / stepOrWhole - 1e-9)
    while index * stepOrWhole < end {
      let place = index * stepOrWhole
      ticks.append((place, label(place, step: stepOrWhole)))
      index += 1
    }
    return ticks
  }

  private static func clockStep(_ wanted: Double) -> Double {
    let steps = [1.0, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18_000, 36_000, 86_400]
    return steps.first { $0 >= wanted } ?? ValueAxis.roundStep(wanted / 86_400) * 86_400
  }

  private func label(_ place: Double, step: Double) -> String {
    switch unit {
    case .time: return Format.duration(place)
    case .epochs: return Format.fixed(place, decimals: step >= 1 ? 0 : min(4, Int(ceil(-log10(step) - 1e-9))))
    case .steps, .samples:
      // One unit for the whole axis: numbers of equal kind compare at a glance.
      let (divisor, letter) = end >= 1e8 || step >= 5e5 ? (1e6, " M") : end >= 1e5 ? (1e3, " k") : (1, "")
      guard divisor > 1, place > 0 else { return Format.grouped(Int(place)) }
      let decimals = step >= divisor ? 0 : min(3, Int(ceil(-log10(step / divisor) - 1e-9)))
      return Format.fixed(place / divisor, decimals: decimals) + letter
    }
  }
}
