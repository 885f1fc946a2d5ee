public import BackendAPI
import GraphIR
public import TrainingEvents

/// Which precision modes scale the loss, and how.
public enum ScalerPolicy: Sendable, Hashable {
  /// Scaling in modes that need it, those of fp16 with fp32 masters; Apex's scale of 1 in fp16 without; elsewhere only
  /// the guard that skips non-finite steps.
  case automatic(GradScaler.Settings)
  /// Scaling in every mode that computes in 16 bits.
  case dynamic(GradScaler.Settings)
  /// A scale that never moves, in every mode that computes in 16 bits. Non-finite steps are skipped all the same.
  case `static`(Float)
  /// No scaling at all. Non-finite steps are skipped all the same.
  case off

  /// The scaler a lane starts with in a mode; nil where it scales nothing.
  public func scaler(for policy: PrecisionPolicy) -> GradScaler? {
    guard let format = policy.mode.computeFormat else { return nil }
    return switch self {
    case .automatic where format != .fp16: nil
    case .automatic where !policy.hasMasterWeights: GradScaler(.constant(1))
    case .automatic(let settings): GradScaler(settings)
    case .dynamic(let settings): GradScaler(settings)
    case .static(let scale): GradScaler(.constant(scale))
    case .off: nil
    }
  }

  /// The scaler a lane starts with in a mode without overrides.
  public func scaler(for mode: Precision) -> GradScaler? { scaler(for: PrecisionPolicy(mode)) }

  /// Throws `TrainingError` that names the first constant out of range.
  public func validate() throws(TrainingError) {
    do throws(BackendError) {
      switch self {
      case .automatic(let settings), .dynamic(let settings): try settings.validate()
      case .static(let scale): try GradScaler.Settings.constant(scale).validate()
      case .off: return
      }
    } catch {
      throw TrainingError(error.message)
    }
  }

  /// Growth interval for a run of a length: max(50, steps / 20), and 100 where it is open-ended.
  ///
  /// PyTorch's 2000 would never grow in a short run; both are shown.
  public static func growthInterval(steps: Int?) -> Int32 {
    guard let steps else { return 100 }
    return Int32(clamping: max(50, steps / 20))
  }
}

extension ScalerPolicy {
  /// torch's scaler in modes that need one, with a growth interval that fits the length of the run: what a lane gets
  /// where nobody states a policy.
  ///
  /// Throws `TrainingError` where a constant is out of range.
  public static func fitting(
    steps: Int?, initialScale: Float? = nil, growthInterval: Int32? = nil
  ) throws(TrainingError) -> ScalerPolicy {
    var settings = GradScaler.Preset.torch.settings
    settings.initialScale = initialScale ?? settings.initialScale
    settings.growthInterval = growthInterval ?? self.growthInterval(steps: steps)
    let policy = ScalerPolicy.automatic(settings)
    try policy.validate()
    return policy
  }

  /// Names on the command line.
  public static let names = ["auto", "dynamic", "static", "none"] + GradScaler.Preset.allCases.map(\.rawValue)

  /// The policy of a name; nil where there is none of that name.
  ///
  /// - `auto`: a scale measured from gradients, in modes that need one (`GradScaler.Settings.measured`).
  /// - `dynamic`: torch's scaler in every mode that computes in 16 bits, with a growth interval that fits the length of the run.
  /// - `static`: a constant scale, which `initialScale` states, in every mode that computes in 16 bits.
  /// - `none`: no scaling.
  /// - The name of a `GradScaler.Preset`: that scaler with its own constants, in modes that need one.
  ///
  /// - Parameters:
  ///   - name: one of `names`; upper and lower case are the same.
  ///   - initialScale: scale before the first step, instead of the policy's own.
  ///   - growthInterval: committed steps before the scale grows, instead of the policy's own.
  ///   - steps: length of the run; nil where it is open-ended.
  ///
  /// Throws `TrainingError` where the policy has no use for a constant that is stated, lacks one, or finds one out of
  /// range.
  public static func named(
    _ name: String, initialScale: Float? = nil, growthInterval: Int32? = nil, steps: Int? = nil
  ) throws(TrainingError) -> ScalerPolicy? {
    func changed(_ settings: GradScaler.Settings, interval: Int32) -> GradScaler.Settings {
      var settings = settings
      settings.initialScale = initialScale ?? settings.initialScale
      settings.growthInterval = growthInterval ?? interval
      return settings
    }
    let fitting = ScalerPolicy.growthInterval(steps: steps)
    let policy: ScalerPolicy
    switch name.lowercased() {
    case "auto": policy = .automatic(changed(.measured, interval: fitting))
    case "dynamic": policy = .dynamic(changed(GradScaler.Preset.torch.settings, interval: fitting))
    case "static":
      guard let initialScale else {
        throw TrainingError("a static loss scale has no default: state it as the initial scale, for example 128")
      }
      guard growthInterval == nil else {
        throw TrainingError("a static loss scale does not grow: leave out the growth interval")
      }
      policy = .static(initialScale)
    case "none":
      guard initialScale == nil, growthInterval == nil else {
        throw TrainingError("without a loss scaler there is no scale: leave out initial scale and growth interval")
      }
      policy = .off
    case let name:
      guard let preset = GradScaler.Preset(rawValue: name) else { return nil }
      policy = .automatic(changed(preset.settings, interval: preset.settings.growthInterval))
    }
    try policy.validate()
    return policy
  }
}

extension Optional<GradScaler> {
  /// The scaler after a precision change, and what became of it.
  ///
  /// A scale that moves does not go on as one that stands, nor the other way round.
  func switched(to next: GradScaler?) -> (scaler: GradScaler?, fate: PrecisionReport.ScalerFate) {
    switch (self, next) {
    case (_, nil): (nil, .off)
    case (let current?, let next?) where (current.settings.rule == .constant) == (next.settings.rule == .constant):
      (current, .kept)
    case (_, let fresh?): (fresh, .reset)
    }
  }
}

extension ScalerDescription {
  /// The settings of a scaler as events state them.
  init(_ settings: GradScaler.Settings) {
    let isConstant = settings.rule == .constant
    self.init(
      initialScale: Double(settings.initialScale), growthFactor: isConstant ? 1 : settings.growthFactor,
      backoffFactor: isConstant ? 1 : settings.backoffFactor,
      growthInterval: isConstant ? 0 : Int(settings.growthInterval), policy: ScalerDescription.policy(settings),
      minimumScale: isConstant ? nil : Double(settings.minimumScale),
      maximumScale: isConstant ? nil : Double(settings.maximumScale),
      hysteresis: isConstant ? nil : Int(settings.hysteresis))
  }

  private static func policy(_ settings: GradScaler.Settings) -> Policy {
    switch settings.rule {
    case .constant: .static
    case .measured: .measured
    case .dynamic: settings.preset.flatMap { Policy(rawValue: $0.rawValue) } ?? .dynamic
    }
  }
}
