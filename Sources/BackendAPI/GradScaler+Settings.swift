extension GradScaler {
  /// Constants of a scaler.
  public struct Settings: Sendable, Hashable, Codable {
    /// What moves the scale.
    public var rule = Rule.dynamic
    /// Scale before the first step; torch's default is 65536.
    public var initialScale: Float
    /// Factor on growth, above 1.
    public var growthFactor: Double
    /// Factor on a non-finite gradient, between 0 and 1.
    public var backoffFactor: Double
    /// Consecutive committed steps before the scale grows; torch's default is 2000.
    public var growthInterval: Int32
    /// Committed steps that do not count towards the interval, at the start and after an overflow.
    ///
    /// DeepSpeed's is 1: it counts stable steps from 0.
    public var growthDelay: Int32 = 0
    /// The scale does not back off below it; 0 for no floor.
    public var minimumScale: Float = 0
    /// What happens where the scale is to back off from its minimum.
    public var atMinimum = AtMinimum.keepsSkipping
    /// The scale does not grow beyond it.
    public var maximumScale = Float.greatestFiniteMagnitude
    /// Overflows, not necessarily in a row, until the scale backs off; refilled when it grows.
    public var hysteresis: Int32 = 1
    /// Whether every committed step refills the hysteresis (DeepSpeed's `consecutive_hysteresis`).
    public var refillsAtOnce = false
    /// Where the constants come from, even if some were changed since; nil for constants of one's own.
    public var preset: Preset?

    /// Creates the constants of a dynamic scaler; PyTorch's defaults.
    public init(
      initialScale: Float = 65536, growthFactor: Double = 2, backoffFactor: Double = 0.5, growthInterval: Int32 = 2000
    ) {
      self.initialScale = initialScale
      self.growthFactor = growthFactor
      self.backoffFactor = backoffFactor
      self.growthInterval = growthInterval
    }

    /// A scale that never moves; steps with non-finite gradients are skipped all the same.
    ///
    /// DeepSpeed and Apex commit them under a static scale.
    public static func constant(_ scale: Float) -> Settings {
      var settings = Settings(initialScale: scale)
      settings.rule = .constant
      return settings
    }
  }

  /// What moves a scale.
  public enum Rule: String, Sendable, Hashable, Codable {
    /// Nothing.
    case constant
    /// Overflows and the steps without one: torch's rule and its relatives.
    case dynamic
    /// The largest gradient: see `Settings.measured`.
    case measured
  }

  /// What happens where a scale is to back off and stands at its minimum.
  public enum AtMinimum: String, Sendable, Hashable, Codable {
    /// Steps are skipped as long as gradients are not finite (Megatron).
    case keepsSkipping
    /// The run ends with DeepSpeed's message.
    case raises
    /// The run ends with a message of ours: where the original would go on to a scale of 0.
    case stops

    /// What to say when the run ends; nil where it goes on.
    func message(minimumScale: Float) -> String? {
      switch self {
      case .keepsSkipping: nil
      case .raises: "Current loss scale already at minimum - cannot decrease scale anymore. Exiting run."
      case .stops:
        "the loss scale has fallen to its floor of \(minimumScale) and the loss or gradients are still not finite: the "
          + "scale is not the cause. Look for NaN and infinities in data and weights, lower the learning rate, or keep "
          + "the layers that overflow in fp32"
      }
    }
  }
}

extension GradScaler.Settings {
  /// Throws `BackendError` that names the first field out of range.
  ///
  /// What passes keeps every scale positive and finite, but for settings without a floor, whose scale can fall to 0.
  public func validate() throws(BackendError) {
    func require(_ isValid: Bool, _ field: String, _ range: String, _ value: some Any) throws(BackendError) {
      if !isValid { throw BackendError("the loss scaler's \(field) must be \(range), found \(value)") }
    }
    let useful = GradScaler.usefulScales
    try require(
      useful.contains(initialScale), "initial scale", "between \(useful.lowerBound) and \(useful.upperBound)",
      initialScale)
    guard rule != .constant else { return }
    try require(growthFactor.isFinite && growthFactor > 1, "growth factor", "finite and above 1", growthFactor)
    try require(backoffFactor > 0 && backoffFactor < 1, "backoff factor", "between 0 and 1", backoffFactor)
    try require(growthInterval >= 1, "growth interval", "at least 1", growthInterval)
    try require(growthDelay >= 0, "growth delay", "at least 0", growthDelay)
    try require(hysteresis >= 1, "hysteresis", "at least 1", hysteresis)
    try require(
      minimumScale >= 0 && minimumScale <= initialScale, "minimum scale",
      "between 0 and the initial scale \(initialScale)", minimumScale)
    try require(
      maximumScale.isFinite && maximumScale >= initialScale, "maximum scale",
      "finite and at least the initial scale \(initialScale)", maximumScale)
  }
}
