import Foundation
import RunStatistics
import TrainingEvents

/// The loss scales at which gradients fit fp16, as powers of two.
public struct ScaleWindow: Codable, Sendable, Hashable {
  /// The scale from which on less than `allowedLoss` of the non-zero gradients become zero, 2 to this power; nil where
  /// there are none.
  public var lowest: Int?
  /// The scale from which on gradients that become zero hold less than `allowedLoss` of the sum of all magnitudes, 2 to
  /// this power; nil where there are none.
  ///
  /// Not above `lowest`. A network that is sure of itself has gradients of any smallness, which no update would miss.
  public var lowestByMagnitude: Int?
  /// The largest scale that keeps every gradient a factor of two below fp16's largest number, 2 to this power; nil
  /// where all gradients are zero.
  public var highest: Int?

  /// Share of the gradients, or of their magnitude, that may become zero: 1 %.
  public static let allowedLoss = 0.01
  /// Exponents that are considered: a loss scale has to be normal in fp32, and so has its reciprocal.
  public static let exponents = -126...126

  /// Creates a window.
  public init(lowest: Int?, lowestByMagnitude: Int?, highest: Int?) {
    self.lowest = lowest
    self.lowestByMagnitude = lowestByMagnitude
    self.highest = highest
  }

  /// Whether some scale keeps the large gradients finite and 99 % of all alive.
  public var isOpen: Bool { lowest ?? .min <= highest ?? .max }

  /// Whether a scale of 2^exponent keeps the large gradients finite and 99 % of the magnitude alive.
  public func suits(_ exponent: Int) -> Bool {
    lowestByMagnitude ?? .min <= exponent && exponent <= highest ?? .max
  }

  /// The window of gradients of one look, taken together.
  ///
  /// Of a magnitude only its power of two is known. O(elements of the histograms).
  init(_ gradients: [TensorReport]) {
    highest = gradients.map(\.largest).max().flatMap(ScaleWindow.highest)
    var counts: [Int: Double] = [:]
    for histogram in gradients.compactMap(\.histogram) {
      for (index, count) in histogram.counts.enumerated() where count > 0 {
        counts[histogram.lowest + index, default: 0] += Double(count)
      }
    }
    lowest = ScaleWindow.lowest(counts)
    lowestByMagnitude = ScaleWindow.lowest(Dictionary(uniqueKeysWithValues: counts.map { ($0, $1 * scalbn(1, $0)) }))
  }

  /// The scales that suit gradients at every look.
  init(looks: [[TensorReport]]) {
    self.init(lowest: nil, lowestByMagnitude: nil, highest: nil)
    for window in looks.map({ ScaleWindow($0) }) {
      lowest = [lowest, window.lowest].compactMap { $0 }.max()
      lowestByMagnitude = [lowestByMagnitude, window.lowestByMagnitude].compactMap { $0 }.max()
      highest = [highest, window.highest].compactMap { $0 }.min()
    }
  }

  /// The scale at which the allowed share of weights by power of two, and no more, lies below fp16's smallest number.
  private static func lowest(_ weights: [Int: Double]) -> Int? {
    let allowed = allowedLoss * weights.values.reduce(0, +)
    // The power of two of the first gradients that must not be lost: everything below it together is little enough.
    var lost = 0.0
    let first = weights.keys.sorted().first { power in
      lost += weights[power] ?? 0
      return lost >= allowed
    }
    return first.map { clamped(NumericFormat.fp16.lowestSubnormalExponent - 1 - $0) }
  }

  /// Exponent of the largest power of two whose product with a magnitude stays below half of fp16's largest number.
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
