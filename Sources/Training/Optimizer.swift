public import GraphIR

/// An update rule and its learning rate.
public struct Optimizer: Sendable, Hashable {
  /// The rule with its constants.
  public let kind: OptimizerKind
  /// Learning rate at the start; what a schedule multiplies.
  public var learningRate: Double

  /// torch.optim.SGD with momentum.
  public static func sgd(
    learningRate: Double, momentum: Float = 0.9, weightDecay: Float = 0, nesterov: Bool = false
  ) -> Optimizer {
    Optimizer(
      kind: .sgd(momentum: momentum, weightDecay: weightDecay, nesterov: nesterov), learningRate: learningRate)
  }

  /// torch.optim.Adam, torch's defaults (Kingma & Ba 2015).
  public static func adam(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, eps: Float = 1e-8, weightDecay: Float = 0
  ) -> Optimizer {
    Optimizer(kind: .adam(beta1: beta1, beta2: beta2, eps: eps, weightDecay: weightDecay), learningRate: learningRate)
  }

  /// torch.optim.AdamW, torch's defaults (Loshchilov & Hutter 2019).
  public static func adamW(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, eps: Float = 1e-8,
    weightDecay: Float = 0.01
  ) -> Optimizer {
    Optimizer(
      kind: .adamW(beta1: beta1, beta2: beta2, eps: eps, weightDecay: weightDecay), learningRate: learningRate)
  }

  /// Names on the command line.
  public static let names = ["sgd", "nesterov", "adam", "adamw"]

  /// The optimizer of a name; nil for an unknown name.
  ///
  /// Constants are torch's unless stated; the default rates are 0.05 for sgd and nesterov, and 1e-3. Sgd and nesterov have
  /// no `eps`.
  public static func named(
    _ name: String, learningRate: Double?, momentum: Float? = nil, weightDecay: Float? = nil, eps: Float? = nil
  ) -> Optimizer? {
    switch name.lowercased() {
    case "sgd", "nesterov":
      .sgd(
        learningRate: learningRate ?? 0.05, momentum: momentum ?? 0.9, weightDecay: weightDecay ?? 0,
        nesterov: name.lowercased() == "nesterov")
    case "adam": .adam(learningRate: learningRate ?? 1e-3, eps: eps ?? 1e-8, weightDecay: weightDecay ?? 0)
    case "adamw": .adamW(learningRate: learningRate ?? 1e-3, eps: eps ?? 1e-8, weightDecay: weightDecay ?? 0.01)
    default: nil
    }
  }
}
