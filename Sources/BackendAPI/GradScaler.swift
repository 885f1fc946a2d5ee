/// Dynamic loss scaling: the state machine of torch.amp.GradScaler.
///
/// Source: aten/src/ATen/native/cpu/AmpGradScalerKernels.cpp, `_amp_update_scale_`. It stands in this room because a
/// device updates the scale inside the step, without asking the host.
public struct GradScaler: Sendable, Hashable {
  /// Constants of a scaler.
  public struct Settings: Sendable, Hashable {
    /// Scale before the first step; torch's default is 65536.
    public var initialScale: Float
    /// Factor on growth, above 1.
    public var growthFactor: Double
    /// Factor on a non-finite gradient, between 0 and 1.
    public var backoffFactor: Double
    /// Consecutive committed steps before the scale grows; torch's default is 2000.
    public var growthInterval: Int32

    /// Creates the constants; PyTorch's defaults.
    public init(
      initialScale: Float = 65536, growthFactor: Double = 2, backoffFactor: Double = 0.5, growthInterval: Int32 = 2000
    ) {
      self.initialScale = initialScale
      self.growthFactor = growthFactor
      self.backoffFactor = backoffFactor
      self.growthInterval = growthInterval
    }
  }

  /// The constants.
  public var settings: Settings
  /// The scale of the next step.
  public var scale: Float
  /// Committed steps since the last change.
  public var growthTracker: Int32

  /// A scaler before its first step.
  public init(_ settings: Settings) {
    self.settings = settings
    scale = settings.initialScale
    growthTracker = 0
  }

  /// What unscaling multiplies by: the reciprocal is taken in fp64 and rounded to fp32, as torch does.
  ///
  /// Infinite for scales of 2^-128 and below, and for 0: a step that would use it is judged non-finite.
  public var inverseScale: Float { Float(1 / Double(scale)) }

  /// Moves on after a step.
  ///
  /// With `foundInf` the scale backs off and the tracker restarts. Else the tracker counts; at the growth interval the
  /// scale grows, unless that is not finite in fp32, and the tracker restarts. Products are taken in fp64 and rounded to
  /// fp32, as torch does.
  public mutating func update(foundInf: Bool) {
    if foundInf {
      scale = Float(Double(scale) * settings.backoffFactor)
      growthTracker = 0
      return
    }
    growthTracker += 1
    if growthTracker == settings.growthInterval {
      let grown = Float(Double(scale) * settings.growthFactor)
      if grown.isFinite { scale = grown }
      growthTracker = 0
    }
  }
}
