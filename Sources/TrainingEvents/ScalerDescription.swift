/// The settings of a loss scaler.
public struct ScalerDescription: Codable, Sendable, Hashable {
  /// Scale before the first step.
  public var initialScale: Double
  /// Factor on growth; 1 where the scale never moves.
  public var growthFactor: Double
  /// Factor on a non-finite gradient; 1 where the scale never moves.
  public var backoffFactor: Double
  /// Consecutive committed steps before the scale grows; 0 where it never moves.
  ///
  /// PyTorch's default is 2000.
  public var growthInterval: Int
  /// Whose rules it follows; nil in older files, where it is torch's.
  public var policy: Policy?
  /// The scale does not fall below it, 0 for no floor; nil in older files and where the scale never moves.
  public var minimumScale: Double?
  /// The scale does not grow beyond it; nil in older files and where the scale never moves.
  public var maximumScale: Double?
  /// Overflows until the scale backs off; nil in older files and where the scale never moves.
  public var hysteresis: Int?

  /// Whose rules a scaler follows.
  public enum Policy: String, CaseIterable, Codable, Sendable, Hashable {
    /// `torch.amp.GradScaler`.
    case torch
    /// NVIDIA Apex.
    case apex
    /// DeepSpeed.
    case deepspeed
    /// Megatron-LM.
    case megatron
    /// Keras 3.
    case keras
    /// torch's rule with constants of the user's own.
    case dynamic
    /// None: the scale never moves.
    case `static`
    /// The scale is chosen from measured gradients.
    case measured = "auto"
  }

  /// Names of the policies that a lane can be given (`TrainingCommand.setScaler`).
  public static let policyNames = [
    "auto", "dynamic", "static", "none", "torch", "apex", "deepspeed", "megatron", "keras",
  ]

  /// Creates the settings of a scaler.
  public init(
    initialScale: Double, growthFactor: Double, backoffFactor: Double, growthInterval: Int, policy: Policy? = nil,
    minimumScale: Double? = nil, maximumScale: Double? = nil, hysteresis: Int? = nil
  ) {
    self.initialScale = initialScale
    self.growthFactor = growthFactor
    self.backoffFactor = backoffFactor
    self.growthInterval = growthInterval
    self.policy = policy
    self.minimumScale = minimumScale
    self.maximumScale = maximumScale
    self.hysteresis = hysteresis
  }

  /// How the scale moves, for people: "static", or "torch, grows every 50 committed steps".
  public var explanation: String {
    switch policy {
    case .static: "static"
    case .measured: "auto, measured from gradients every \(growthInterval) committed steps"
    case let policy: "\((policy ?? .torch).rawValue), grows every \(growthInterval) committed steps"
    }
  }
}
