import Glibc

/// A vertical axis: limits at round values, and ticks at 1, 2 or 5 times a power of ten (or at powers of two).
struct ValueAxis: Sendable {
  /// How values are spread.
  enum Scale: Sendable { case linear, log10, log2 }

  /// A labelled value.
  struct Tick: Sendable {
    var value: Double
    var label: String
  }

  /// Columns of a label, so that the plot beside it never moves.
  static let labelWidth = 6

  let scale: Scale
  /// Limits, transformed.
  private let low: Double
  private let high: Double
  let ticks: [Tick]

  /// Place of a value from 0 (bottom) to 1 (top), beyond that outside the limits; nil where the axis has no place for
  /// it: the non-finite, and on a logarithmic axis zero and below.
  func position(_ value: Double) -> Double? {
    guard value.isFinite, let t = ValueAxis.transformed(value, scale) else { return nil }
    return (t - low) / (high - low)
  }

  private static func transformed(_ value: Double, _ scale: Scale) -> Double? {
    switch scale {
    case .linear: value
    case .log10: value > 0 ? Glibc.log10(value) : nil
    case .log2: value > 0 ? Glibc.log2(value) : nil
    }
  }

  /// An axis around finite values from `least` to `greatest` with about one tick in `rows / 3`.
  init(scale: Scale, least: Double, greatest: Double, rows: Int) {
    self.scale = scale
    let wanted = max(2, rows / 3)
    switch scale {
    case .linear: (low, high, ticks) = ValueAxis.linear(least, greatest, wanted)
    case .log10: (low, high, ticks) = ValueAxis.decades(least, greatest, wanted)
    case .log2: (low, high, ticks) = ValueAxis.powersOfTwo(least, greatest, wanted)
    }
  }

  /// A small signed number in six columns: "+0.05", "-2m" (thousandths), "+50µ" (millionths).
  private static func signedLabel(_ value: Double, step: Double) -> String {
    if abs(value) < step / 2 { return "0" }
    let sign = value > 0 ? "+" : ""
    if step >= 0.01, abs(value) < 1000 {
      return sign + Format.fixed(value, decimals: step >= 1 ? 0 : step >= 0.1 ? 1 : 2)
    }
    if step >= 1e-3, abs(value) < 1 { return sign + Format.fixed(value * 1e3, decimals: 0) + "m" }
    if step >= 1e-6, abs(value) < 1e-2 { return sign + Format.fixed(value * 1e6, decimals: 0) + "µ" }
    return Format.scientific(value)
  }

  /// A linear axis from minus a size to the size, with a tick at zero.
  init(symmetricTo size: Double, rows: Int) {
    scale = .linear
    let end = size.isFinite && size > 0 ? size : 1
    let step = ValueAxis.roundStep(end / Double(max(1, rows / 6)))
    let count = max(1, Int((end / step).rounded(.up)))
    (low, high) = (-Double(count) * step, Double(count) * step)
    ticks = (-count...count).map { index in
      Tick(value: Double(index) * step, label: ValueAxis.signedLabel(Double(index) * step, step: step))
    }
  }

  private static func linear(_ least: Double, _ greatest: Double, _ wanted: Int) -> (Double, Double, [Tick]) {
    var (a, b) = (least, greatest)
    let size = max(abs(a), abs(b))
    // Values that differ only in their last digits are one value: the axis shows its surroundings.
    if b - a <= size * 1e-6 {
      let margin = size > 0 ? size * 0.1 : 1
      (a, b) = (a - margin, b + margin)
    }
    let step = roundStep((b - a) / Double(wanted))
    let (low, high) = (floor(a / step + 1e-9) * step, ceil(b / step - 1e-9) * step)
    var ticks: [Tick] = []
    for index in 0...min(60, max(1, Int(((high - low) / step).rounded()))) {
      let value = low + Double(index) * step
      ticks.append(Tick(value: value, label: label(value, step: step)))
    }
    return (low, high, ticks)
  }

  /// The smallest of 1, 2, 5 times a power of ten that is not below a size.
  static func roundStep(_ size: Double) -> Double {
    guard size.isFinite, size > 0 else { return 1 }
    let power = pow(10, floor(Glibc.log10(size)))
    let factor = [1.0, 2, 5, 10].first { $0 * power >= size * (1 - 1e-9) } ?? 10
    return factor * power
  }

  private static func label(_ value: Double, step: Double) -> String {
    let size = max(abs(value), step)
    guard size < 99_999, step >= 0.000_1 else { return Format.scientific(abs(value) < step / 2 ? 0 : value) }
    let decimals = step >= 1 ? 0 : min(4, Int(ceil(-Glibc.log10(step) - 1e-9)))
    return Format.fixed(abs(value) < step / 2 ? 0 : value, decimals: decimals)
  }

  private static func decades(_ least: Double, _ greatest: Double, _ wanted: Int) -> (Double, Double, [Tick]) {
    guard greatest > 0 else { return (0, 1, []) }
    let bottom = max(least > 0 ? least : greatest * 1e-3, greatest * 1e-30, 1e-300)
    let (first, last) = (Int(floor(Glibc.log10(bottom))), Int(ceil(Glibc.log10(greatest))))
    var values = (first...max(first, last)).flatMap { exponent in [1.0, 2, 5].map { $0 * pow(10, Double(exponent)) } }
    let low = values.last { $0 <= bottom * 1.000_001 } ?? bottom / 2
    let high = values.first { $0 >= greatest * 0.999_999 } ?? greatest * 2
    values = values.filter { $0 >= low * 0.999_999 && $0 <= high * 1.000_001 }
    if values.count > 2 * wanted {
      // Decades only, and where those are too many, every second, fifth, … of them.
      let every = max(1, (last - first) / wanted)
      values = stride(from: first, through: last, by: every).map { pow(10, Double($0)) }
        .filter { $0 >= low * 0.999_999 && $0 <= high * 1.000_001 }
    }
    let (a, b) = (Glibc.log10(low), Glibc.log10(high))
    return (a, b > a ? b : a + 1, values.map { Tick(value: $0, label: decadeLabel($0)) })
  }

  private static func decadeLabel(_ value: Double) -> String {
    guard value >= 0.000_95, value < 99_999 else { return Format.scientific(value) }
    return Format.fixed(value, decimals: value < 0.009 ? 3 : value < 0.09 ? 2 : value < 0.9 ? 1 : 0)
  }

  private static func powersOfTwo(_ least: Double, _ greatest: Double, _ wanted: Int) -> (Double, Double, [Tick]) {
    let top = greatest > 0 ? ceil(Glibc.log2(greatest)) : 1
    let bottom = least > 0 ? floor(Glibc.log2(least)) : top - 1
    // A scale that never moved should not look like one that did: at least six powers of two are in view.
    let margin = max(1, ceil((6 - (top - bottom)) / 2))
    let (low, high) = (bottom - margin, top + margin)
    var every = 1.0
    while (high - low) / every > Double(wanted) * 1.5 { every *= 2 }
    let ticks = stride(from: ceil(low / every) * every, through: high, by: every).map { exponent in
      Tick(value: exp2(exponent), label: "2^\(Int(exponent))")
    }
    return (low, high, ticks)
  }
}
