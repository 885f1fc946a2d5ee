import Foundation
import RunStatistics
import TrainingEvents

/// The loss scales at which gradients fit fp16, as powers of two.
public struct ScaleWindow: Codable, Sendable, Hashable {
  /// The scale from which on less than `allowedLoss` of the non-zero gradients become zero, 2 to this power; nil where
  /// there are none.
  public var lowest: Int?
  /// The largest scale that keeps every gradient a factor of two below fp16's largest number, 2 to this power; nil where
  /// all gradients are zero.
  public var highest: Int?

  /// Share of the non-zero gradients that may become zero: 1 %.
  public static let allowedLoss = 0.01
  /// Exponents that are tried: a loss scale has to be normal in fp32, and so has its reciprocal.
  public static let exponents = -126...126

  /// Creates a window.
  public init(lowest: Int?, highest: Int?) {
    self.lowest = lowest
    self.highest = highest
  }

  /// Whether some scale keeps the large gradients finite and the small ones alive.
  public var isOpen: Bool { lowest ?? .min <= highest ?? .max }

  /// Whether a scale of 2^exponent lies in it.
  public func contains(_ exponent: Int) -> Bool { lowest ?? .min <= exponent && exponent <= highest ?? .max }

  /// The window of gradients of one look, taken together.
  ///
  /// O(elements of the histograms).
  init(_ gradients: [TensorReport]) {
    highest = gradients.map(\.largest).max().flatMap(ScaleWindow.highest)
    var counts: [Int: Int] = [:]
    for histogram in gradients.compactMap(\.histogram) {
      for (index, count) in histogram.counts.enumerated() where count > 0 {
        counts[histogram.lowest + index, default: 0] += count
      }
    }
    let allowed = ScaleWindow.allowedLoss * Double(counts.values.reduce(0, +))
    // The power of two of the first gradients that must not be lost: everything below it together is little enough.
    var lost = 0
    let first = counts.keys.sorted().first { power in
      lost += counts[power] ?? 0
      return Double(lost) >= allowed
    }
    lowest = first.map { ScaleWindow.clamped(NumericFormat.fp16.lowestSubnormalExponent - 1 - $0) }
  }

  /// The scales that suit gradients at every look.
  init(looks: [[TensorReport]]) {
    self = looks.map { ScaleWindow($0) }.reduce(ScaleWindow(lowest: nil, highest: nil)) { $0.intersection($1) }
  }

  /// The scales that are in both.
  func intersection(_ other: ScaleWindow) -> ScaleWindow {
    ScaleWindow(
      lowest: [lowest, other.lowest].compactMap { $0 }.max(), highest: [highest, other.highest].compactMap { $0 }.min())
  }

  /// The largest power of two whose product with a magnitude stays below half of fp16's largest number, as its exponent.
  static func highest(_ largest: Double) -> Int? {
    guard largest > 0 else { return nil }
    let limit = NumericFormat.fp16.largest / 2
    var exponent = (limit / largest).exponent
    if scalbn(largest, Int(exponent)) >= limit { exponent -= 1 }
    return clamped(Int(exponent))
  }

  private static func clamped(_ exponent: Int) -> Int {
    min(max(exponent, exponents.lowerBound), exponents.upperBound)
  }
}

extension ExponentHistogram {
  /// Elements that become zero in a format, each times 2^`shift`.
  func flushed(in format: NumericFormat, shiftedBy shift: Int = 0) -> Int {
    let first = format.lowestSubnormalExponent - 1 - shift
    return counts.indices.reduce(0) { $0 + (lowest + $1 < first ? counts[$1] : 0) }
  }

  /// Elements that lose bits in a format, but do not become zero.
  func subnormal(in format: NumericFormat, shiftedBy shift: Int = 0) -> Int {
    let range = (format.lowestSubnormalExponent - 1 - shift)..<(format.lowestNormalExponent - shift)
    return counts.indices.reduce(0) { $0 + (range.contains(lowest + $1) ? counts[$1] : 0) }
  }
}
