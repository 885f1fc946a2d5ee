import Glibc

/// How progress is spread over the horizontal axis.
///
/// A logarithmic axis shows log2(1 + place / origin): attempt 0 has a place at its left end, and beyond a few origins it
/// is logarithmic in all but name. What a fit of a scaling law shows as a straight line is one here too.
struct ProgressScale: Sendable, Hashable {
  /// The place that lies one unit from the left end of a logarithmic axis; nil for a linear one.
  let origin: Double?

  /// As the clock goes.
  static let linear = ProgressScale(origin: nil)

  private init(origin: Double?) { self.origin = origin }

  /// A logarithmic scale; an origin that is not finite and above 0 counts as 1.
  static func logarithmic(origin: Double) -> ProgressScale {
    ProgressScale(origin: origin.isFinite && origin > 0 ? origin : 1)
  }

  var isLogarithmic: Bool { origin != nil }

  /// Where a place lies: itself on a linear axis, its logarithm on the other; places before the start lie at the start.
  func position(of place: Double) -> Double {
    guard let origin else { return place }
    return log2(1 + max(0, place) / origin)
  }

  /// The place at a position.
  func place(at position: Double) -> Double {
    guard let origin else { return position }
    return (exp2(position) - 1) * origin
  }
}
