/// The one loss scale for all layers.
struct ScaleChoice: Hashable {
  /// The scale, 2 to this power.
  let exponent: Int

  /// The scale where gradients say nothing, because all are zero: torch's.
  static let fallback = 16

  /// Chooses.
  ///
  /// The largest scale at which no gradient comes near fp16's largest number, if it keeps the small ones of all layers
  /// together. Else no scale suits all: the one that suits most layers, of those the largest.
  init(window: ScaleWindow, layers: [ScaleWindow]) {
    guard let highest = window.highest else {
      exponent = ScaleChoice.fallback
      return
    }
    if window.isOpen {
      exponent = highest
      return
    }
    var best = (exponent: highest, count: -1)
    for candidate in ScaleWindow.exponents {
      let count = layers.count { $0.contains(candidate) }
      if count >= best.count { best = (candidate, count) }
    }
    exponent = best.exponent
  }
}
