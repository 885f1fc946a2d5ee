/// The one loss scale for all layers.
struct ScaleChoice: Hashable {
  /// The scale, 2 to this power.
  let exponent: Int

  /// The scale where gradients say nothing, because all are zero: torch's.
  static let fallback = 16

  /// Powers of two that the scale may lie above what fp16 bears, where the layers with the largest gradients are kept
  /// in fp32: from 2^15, half of fp16's range, to 2^111, which leaves 16 to fp32's largest number.
  static let fp32Room = 96

  /// Chooses.
  ///
  /// The largest scale at which no gradient comes near fp16's largest number, if it suits every layer. Else no scale
  /// suits all: the one that suits most layers, of those the largest.
  init(window: ScaleWindow, layers: [ScaleWindow]) {
    guard let highest = window.highest else {
      exponent = ScaleChoice.fallback
      return
    }
    var best = (exponent: highest, count: layers.count { $0.suits(highest) })
    if best.count < layers.count {
      let candidates =
        ScaleWindow.exponents
        .lowerBound...min(
          ScaleWindow.exponents.upperBound, highest + ScaleChoice.fp32Room)
      for candidate in candidates {
        let count = layers.count { $0.suits(candidate) }
        if count > best.count || (count == best.count && candidate > best.exponent) { best = (candidate, count) }
      }
    }
    exponent = best.exponent
  }
}
