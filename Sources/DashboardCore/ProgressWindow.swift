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
    by factor: Double, about place: Double, axis: (first: Double, length: Double), total: Double, least: Double,
    scale: ProgressScale = .linear
  ) -> ProgressWindow {
    let (low, high) = (scale.position(of: axis.first), scale.position(of: axis.first + axis.length))
    let (here, end) = (scale.position(of: place), scale.position(of: total))
    let lastOfLeast = max(place, min(least, total))
    let leastWidth = scale.position(of: lastOfLeast) - scale.position(of: lastOfLeast - min(least, total))
    let width = max((high - low) * factor, leastWidth)
    if isAtNewest, here >= low + 0.95 * (min(high, end) - low) {
      return ProgressWindow.placed(low: end - width, width: width, total: total, scale)
    }
    let fraction = high > low ? (here - low) / (high - low) : 1
    return ProgressWindow.placed(low: here - fraction * width, width: width, total: total, scale)
  }

  /// The window moved by a fraction of its width; at the newest end it moves on with the run from then on.
  func moved(by fraction: Double, total: Double, scale: ProgressScale = .linear) -> ProgressWindow {
    let now = stretch(total: total)
    guard now.length < total else { return .all }
    let (low, width) = ProgressWindow.positions(of: now, scale)
    return ProgressWindow.placed(low: low + fraction * width, width: width, total: total, scale)
  }

  /// The window moved so that a place lies in its middle, if it does not lie inside now.
  func showing(_ place: Double, total: Double, scale: ProgressScale = .linear) -> ProgressWindow {
    let now = stretch(total: total)
    if place >= now.first, place < now.first + now.length { return self }
    let width = ProgressWindow.positions(of: now, scale).width
    return ProgressWindow.placed(low: scale.position(of: place) - width / 2, width: width, total: total, scale)
  }

  var isAtNewest: Bool {
    if case .span = self { return false }
    return true
  }

  private static func positions(
    of stretch: (first: Double, length: Double), _ scale: ProgressScale
  ) -> (low: Double, width: Double) {
    let low = scale.position(of: stretch.first)
    return (low, scale.position(of: stretch.first + stretch.length) - low)
  }

  /// The window of a width on the screen that begins at a position, moved inside the run where it sticks out.
  private static func placed(low: Double, width: Double, total: Double, _ scale: ProgressScale) -> ProgressWindow {
    let end = scale.position(of: total)
    if width >= end { return .all }
    if low + width >= end { return .newest(total - scale.place(at: end - width)) }
    let first = scale.place(at: max(0, low))
    return .span(first: first, length: scale.place(at: max(0, low) + width) - first)
  }
}
