import Foundation
import RunStatistics
import TrainingEvents

/// What becomes of tensors in a format, as far as their range goes.
///
/// Shares are of the elements that are not zero, and the worst of the looks.
public struct RangePrognosis: Codable, Sendable, Hashable {
  /// The tensor that holds the largest element.
  public var tensor: String
  /// Largest magnitude, with the loss scale in it.
  public var largest: Double
  /// Powers of two from the largest magnitude to the largest number of the format; negative where it overflows, nil for
  /// tensors of zeros.
  public var headroom: Double?
  /// Share that becomes zero, 0 to 1.
  public var flushed: Double
  /// Share that becomes subnormal and loses bits, 0 to 1.
  public var subnormal: Double

  /// Creates a prognosis.
  public init(tensor: String, largest: Double, headroom: Double?, flushed: Double, subnormal: Double) {
    self.tensor = tensor
    self.largest = largest
    self.headroom = headroom
    self.flushed = flushed
    self.subnormal = subnormal
  }

  /// Powers of two below which a headroom counts as too small: the first batches are not the worst ones.
  public static let margin = 1.0

  /// What becomes of the tensors of a layer and kind, each element times 2^`shift`; nil where there are none.
  ///
  /// `looks` are the tensors of one look each.
  init?(_ looks: [[TensorReport]], in format: NumericFormat, shiftedBy shift: Int = 0) {
    // Infinities in an fp32 run are beyond every format.
    func magnitude(_ report: TensorReport) -> Double { report.isNonFinite ? .infinity : report.largest }
    let reports = looks.flatMap { $0 }
    guard let first = reports.max(by: { magnitude($0) < magnitude($1) }) else { return nil }
    tensor = first.name
    largest = scalbn(magnitude(first), shift)
    headroom = largest > 0 ? log2(format.largest) - log2(largest) : nil
    (flushed, subnormal) = (0, 0)
    for look in looks {
      let histograms = look.compactMap(\.histogram)
      let total = Double(max(histograms.reduce(0) { $0 + $1.count }, 1))
      let zeros = histograms.reduce(0) { $0 + $1.flushed(in: format, shiftedBy: shift) }
      let small = histograms.reduce(0) { $0 + $1.subnormal(in: format, shiftedBy: shift) }
      (flushed, subnormal) = (max(flushed, Double(zeros) / total), max(subnormal, Double(small) / total))
    }
  }

  /// How bad it is that the largest element is so large.
  var risk: Risk {
    guard let headroom else { return .none }
    if headroom < 0 { return .overflows }
    return headroom < RangePrognosis.margin ? .atRisk : .none
  }
}

/// What threatens a layer in a format, the worst last.
public enum Risk: String, CaseIterable, Codable, Sendable, Hashable, Comparable {
  /// Everything fits.
  case none
  /// The one loss scale for all layers does not suit its gradients: see `ScaleWindow.suits`.
  case gradientsLost
  /// Its largest element is within a factor of two of the format's largest number.
  case atRisk
  /// Its largest element is beyond the format's largest number.
  case overflows

  /// The worse one is larger.
  public static func < (a: Risk, b: Risk) -> Bool {
    (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
  }
}
