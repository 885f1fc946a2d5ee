/// How much of the run charts show, in the unit of their horizontal axis.
enum ProgressWindow: Sendable, Hashable {
  /// All of it.
  case all
  /// The newest stretch of a length; moves on with the run.
  case newest(Double)
  /// A stretch that stays where it is.
  case span(first: Double, length: Double)

  /// The stretch shown of a run that has come as far as `total`.
  func stretch(total: Double) -> (first: Double, length: Double) {
    switch self {
    case .all: (0, total)
    case .newest(let length): (max(0, total - length), min(length, total))
    case .span(let first, let length): (first, length)
    }
  }

  /// The window zoomed about a place, which stays where it is on the screen: below 1 a factor shows less.
  ///
  /// `axis` is what the axis shows, which may be more than there is. A window at the newest end stays there when zoomed
  /// about a place near it; one that would show everything is `all`.
  func zoomed(
    by factor: Double, about place: Double, axis: (first: Double, length: Double), total: Double, least: Double
  ) -> ProgressWindow {
    let length = max(axis.length * factor, min(least, total))
    guard length < total else { return .all }
    if isAtNewest, place >= axis.first + 0.95 * min(axis.length, total - axis.first) { return .newest(length) }
    let fraction = axis.length > 0 ? (place - axis.first) / axis.length : 1
    return ProgressWindow.placed(first: place - fraction * length, length: length, total: total)
  }

  /// The window moved by a fraction of its width; at the newest end it moves on with the run from then on.
  func moved(by fraction: Double, total: Double) -> ProgressWindow {
    let now = stretch(total: total)
    guard now.length < total else { return .all }
    return ProgressWindow.placed(first: now.first + fraction * now.length, length: now.length, total: total)
  }

  /// The window moved so that a place lies in its middle, if it does not lie inside now.
  func showing(_ place: Double, total: Double) -> ProgressWindow {
    let now = stretch(total: total)
    if place >= now.first, place < now.first + now.length { return self }
    return ProgressWindow.placed(first: place - now.length / 2, length: now.length, total: total)
  }

  var isAtNewest: Bool {
    if case .span = self { return false }
    return true
  }

  private static func placed(first: Double, length: Double, total: Double) -> ProgressWindow {
    if length >= total { return .all }
    if first + length >= total { return .newest(length) }
    return .span(first: max(0, first), length: length)
  }
}
