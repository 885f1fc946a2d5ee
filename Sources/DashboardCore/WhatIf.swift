import RunStatistics
import TrainingEvents

/// A format and a loss scale that a tensor is looked at as if it were stored with them; the training is not touched.
struct WhatIf: Sendable, Hashable {
  /// Exponents of two that the scale can have.
  static let scales = -64...127

  /// Nil for the format that the tensor is stored in.
  var format: NumericFormat?
  /// The loss scale as a power of two; nil for the one in force.
  var log2Scale: Int?

  /// As everything is stored.
  static let asStored = WhatIf()

  /// The next format in turn; after the last everything is as stored again.
  var nextFormat: WhatIf {
    let order: [NumericFormat] = [.fp16, .bf16, .fp32]
    guard let format, let index = order.firstIndex(of: format) else {
      return WhatIf(format: order[0], log2Scale: log2Scale)
    }
    return index + 1 < order.count ? WhatIf(format: order[index + 1], log2Scale: log2Scale) : .asStored
  }

  /// Powers of two by which the elements of a tensor move, which was stored under a loss scale.
  ///
  /// A loss scale moves gradients only.
  func shift(of kind: TensorReport.Kind, storedAt scale: Double?) -> Int {
    guard let log2Scale, kind.isGradient else { return 0 }
    return log2Scale - WhatIf.exponent(of: scale)
  }

  /// The power of two nearest to a loss scale; 0 where there is none.
  static func exponent(of scale: Double?) -> Int {
    guard let scale, scale > 0, scale.isFinite else { return 0 }
    return scale.exponent + (scale.significand > 1.5 ? 1 : 0)
  }
}
