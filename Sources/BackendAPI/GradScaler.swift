/// Loss scaling: one state machine that, by its settings, is any of the scalers in use.
///
/// As created by default it is torch.amp.GradScaler bit for bit. Other settings add floor, ceiling and hysteresis
/// (`Preset`), hold the scale (`Settings.constant`), or choose it from measured gradients (`Settings.measured`). It
/// stands in this room because a device updates the scale inside the step, without asking the host: it is a value of a
/// few numbers, and `update` depends on nothing else.
///
/// Several optimizers or losses can share a scaler: one `update` a step, with `foundInf` where any of them found
/// something and the largest of their gradients (torch sums `found_inf` over optimizers). Or each loss has a scaler of its
/// own, updated by what its own gradients held (Apex's `num_losses`).
///
/// Sources: torch's `_amp_update_scale_` (aten/src/ATen/native/cpu/AmpGradScalerKernels.cpp); for the rest see `Preset`.
public struct GradScaler: Sendable, Hashable, Codable {
  /// The constants.
  public var settings: Settings
  /// The scale of the next step.
  public var scale: Float
  /// Committed steps since the last change; from -`growthDelay` to below the growth interval.
  public var growthTracker: Int32
  /// Overflows still missing until the scale backs off; from 1 to `hysteresis`.
  public internal(set) var hysteresisTracker: Int32
  /// Whether the scale was to back off and stands at a floor that ends the run: see `exhaustion`.
  public internal(set) var isExhausted: Bool
  /// Only where the scale is measured: the largest scale that overflows have left it.
  public internal(set) var ceiling: Float
  /// Only where the scale is measured: the largest unscaled gradient since the growth tracker restarted.
  public internal(set) var largestGradient: Float

  /// A scaler before its first step.
  public init(_ settings: Settings) {
    self.settings = settings
    scale = settings.initialScale
    growthTracker = settings.rule == .measured ? settings.growthInterval - 1 : -settings.growthDelay
    hysteresisTracker = settings.hysteresis
    isExhausted = false
    ceiling = settings.maximumScale
    largestGradient = 0
  }

  /// The scales that are normal fp32 numbers and have normal reciprocals: floor and ceiling of scalers that state none.
  ///
  /// Devices flush subnormal numbers, the lanes of the CPU among them. Below this range unscaling multiplies by infinity:
  /// torch, Apex and Keras go on halving, and then a gradient of zero passes their finite check and becomes
  /// 0 · inf = NaN in the weights. Above it unscaling multiplies by zero.
  public static let usefulScales: ClosedRange<Float> = 0x1p-126...0x1p126

  /// What unscaling multiplies by: the reciprocal is taken in fp64 and rounded to fp32, as torch does.
  ///
  /// Infinite for scales of 2^-128 and below, for 0, and where the reciprocal is flushed to 0: a step that would use it
  /// is judged non-finite.
  public var inverseScale: Float {
    let reciprocal = Float(1 / Double(scale))
    return reciprocal > 0 ? reciprocal : .infinity
  }

  /// Why the run should end, in the words of the original where it raises; nil where it goes on.
  ///
  /// Further overflows change nothing. A step that commits takes it back.
  public var exhaustion: String? { isExhausted ? settings.atMinimum.message(minimumScale: settings.minimumScale) : nil }

  /// Committed steps still missing until the scale may grow; nil where it will not: constant, or at its ceiling.
  public var stepsToGrowth: Int? {
    guard settings.rule != .constant, grown(scale) > scale else { return nil }
    return Int(settings.growthInterval) - Int(growthTracker)
  }

  /// Moves on after a step.
  ///
  /// - Parameters:
  ///   - foundInf: whether the loss or a gradient was not finite; such a step is skipped, whatever the settings.
  ///   - largestGradient: largest magnitude of the unscaled gradients; 0 where nobody measured it.
  ///
  /// Where the scale is dynamic, `foundInf` restarts the tracker and takes one from the hysteresis; when that is used up
  /// the scale backs off, down to the minimum. Else the tracker counts; at the growth interval the scale grows, up to the
  /// maximum and never to infinity, and tracker and hysteresis restart. Products are taken in fp64 and rounded to fp32,
  /// as torch does.
  public mutating func update(foundInf: Bool, largestGradient: Float = 0) {
    switch settings.rule {
    case .constant: return
    case .dynamic: if foundInf { backOff() } else { countCommit() }
    case .measured: if foundInf { backOffMeasured() } else { measure(largestGradient) }
    }
  }

  /// Goes on from a scale, within the floor and ceiling of the settings, as after a change: the tracker restarts.
  public mutating func force(_ scale: Float) {
    self.scale =
      settings.rule == .constant ? scale : min(max(scale, settings.minimumScale), settings.maximumScale)
    growthTracker = -settings.growthDelay
    hysteresisTracker = settings.hysteresis
    isExhausted = false
    ceiling = settings.maximumScale
    largestGradient = 0
  }

  /// The scale after a growth: not beyond the maximum, unchanged where the product is infinite in fp32.
  func grown(_ scale: Float) -> Float {
    let product = Float(Double(scale) * settings.growthFactor)
    return product.isFinite ? min(product, settings.maximumScale) : scale
  }

  mutating func backOff() {
    growthTracker = -settings.growthDelay
    if hysteresisTracker > 1 {
      hysteresisTracker -= 1
    } else if scale > settings.minimumScale {
      scale = max(Float(Double(scale) * settings.backoffFactor), settings.minimumScale)
    } else {
      isExhausted = settings.atMinimum != .keepsSkipping
    }
  }

  private mutating func countCommit() {
    isExhausted = false
    if settings.refillsAtOnce { hysteresisTracker = settings.hysteresis }
    growthTracker += 1
    guard growthTracker >= settings.growthInterval else { return }
    scale = grown(scale)
    growthTracker = 0
    hysteresisTracker = settings.hysteresis
  }
}
