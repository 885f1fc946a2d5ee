import Glibc

/// Labelled places of a horizontal axis.
extension ProgressAxis {
  /// Labelled places at 1, 2 or 5 times a power of ten; for time at the divisions of a clock.
  ///
  /// About one in `spacing` dot columns; on a logarithmic axis, whose labels are short, up to two. Where it shows more
  /// than a factor of eight it has 1, 2 and 5 if there is room for them, else powers of ten; one that shows less looks
  /// almost linear and is labelled as such.
  func ticks(spacing: Int) -> [(place: Double, label: String)] {
    let room = max(1, 2 * columns / max(1, spacing))
    if let origin = scale.origin, end + origin > 8 * (first + origin) { return logarithmicTicks(room: room) }
    let wanted = (end - first) / Double(columns) * Double(max(1, spacing))
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

  /// Zero where it is in view, then round places, each with a label of its own precision.
  private func logarithmicTicks(room: Int) -> [(place: Double, label: String)] {
    let zero: [Double] = first <= 0 ? [0] : []
    // Below the origin the axis is linear: nothing but zero is worth a label there.
    let least = max(first, scale.origin ?? 0)
    let candidates = unit == .time ? ProgressAxis.clockPlaces : [[1.0, 2, 5], [1]].map(decades)
    let fitting = candidates.map { places in places.filter { $0 >= least * (1 - 1e-9) && $0 < end } }
    var places = fitting.first { $0.count <= room } ?? fitting.last ?? []
    if places.count > room {
      let every = (places.count + room - 1) / room
      places = places.enumerated().filter { ($0.offset - places.count + 1).isMultiple(of: every) }.map(\.element)
    }
    return (zero + places).map { ($0, logarithmicLabel($0)) }
  }

  private func logarithmicLabel(_ place: Double) -> String {
    guard unit == .steps || unit == .samples || place == 0 else { return label(place, step: place) }
    // Powers of ten side by side: each has the unit that makes it short.
    let (divisor, letter) = place >= 1e6 ? (1e6, " M") : place >= 1e4 ? (1e3, " k") : (1, "")
    return unit == .time ? Format.duration(place) : Format.grouped(Int(min(place / divisor, 1e15).rounded())) + letter
  }

  /// Multiples of the powers of ten on this axis.
  private func decades(_ factors: [Double]) -> [Double] {
    let lowest = Int(floor(log10(max(first, scale.origin ?? 1, 1e-9))))
    let highest = Int(ceil(log10(max(end, 1e-9))))
    guard lowest <= highest, highest - lowest < 40 else { return [] }
    return (lowest...highest).flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
  }

  /// Divisions of a clock that follow each other in like ratios, the densest first.
  private static let clockPlaces: [[Double]] = [
    [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18_000, 36_000, 86_400, 172_800, 432_000],
    [1, 10, 60, 600, 3600, 36_000, 86_400, 864_000],
  ]

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
