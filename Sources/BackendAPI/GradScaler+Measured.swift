/// A scale chosen from measured gradients: instead of searching by overflows it jumps to where it belongs.
///
/// 1. A step that commits measures the largest magnitude g of its unscaled gradients. The scale that belongs to g is the
///    largest power of two with g · scale · `headroom` < 65504, fp16's largest number (the rule of NVIDIA's guide to
///    mixed-precision training for a constant scale, and of Transformer Engine for fp8).
/// 2. The first measurement may raise the scale at once. After it only the largest gradient of a whole growth interval
///    does: a batch with small gradients must not.
/// 3. The scale falls at once where g · scale comes within a factor of two of 65504. Between that and what raises it
///    gradients can move by a factor of `headroom` / 2, so that the scale does not flap.
/// 4. Only gradients of weights are measured; those of activations can be larger and overflow first. On a non-finite
///    gradient the scale backs off as usual and leaves a ceiling there, which grows by one factor after every interval
///    without another overflow.
/// 5. Gradients that are all zero say nothing but that the scale may be too small: it grows by one factor an interval.
extension GradScaler {
  /// How much larger than the largest gradient measured any gradient may become without an overflow: 4 of fp16's 40
  /// binades.
  static let headroom = 16.0
  static let largestHalf = 65504.0

  mutating func backOffMeasured() {
    backOff()
    ceiling = scale
    largestGradient = 0
  }

  mutating func measure(_ gradient: Float) {
    isExhausted = false
    growthTracker += 1
    largestGradient = max(largestGradient, gradient)
    if Double(gradient) * Double(scale) >= GradScaler.largestHalf / 2 {
      scale = min(scale, belonging(to: gradient))
    } else if growthTracker >= settings.growthInterval {
      ceiling = grown(ceiling)
      let wanted = largestGradient > 0 ? belonging(to: largestGradient) : grown(scale)
      scale = max(scale, min(wanted, ceiling))
    } else {
      return
    }
    growthTracker = 0
    largestGradient = 0
  }

  /// The scale of rule 1, within minimum and maximum.
  private func belonging(to gradient: Float) -> Float {
    let limit = GradScaler.largestHalf / GradScaler.headroom
    let gradient = Double(min(gradient, .greatestFiniteMagnitude))
    var power = Double(sign: .plus, exponent: (limit / gradient).exponent, significand: 1)
    if gradient * power >= limit { power /= 2 }
    return Float(min(max(power, Double(settings.minimumScale)), Double(settings.maximumScale)))
  }
}

extension GradScaler.Settings {
  /// A scaler that measures: from a scale at which nothing overflows it jumps after the first step.
  ///
  /// The floor of 2^-24 ends the run: gradients that overflow fp16 there are above 10^12, unscaled.
  public static var measured: GradScaler.Settings {
    var settings = GradScaler.Settings(initialScale: 1024, growthInterval: 100)
    settings.rule = .measured
    settings.minimumScale = 0x1p-24
    settings.atMinimum = .stops
    settings.maximumScale = GradScaler.usefulScales.upperBound
    return settings
  }
}
