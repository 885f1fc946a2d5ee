public import GraphIR

/// An update rule and its learning rate.
public struct Optimizer: Sendable, Hashable {
  /// The rule with its constants.
  public let kind: OptimizerKind
  /// Learning rate at the start.
  public var learningRate: Double

  /// torch.optim.SGD with momentum.
  public static func sgd(learningRate: Double, momentum: Float = 0.9, weightDecay: Float = 0) -> Optimizer {
    Optimizer(kind: .sgd(momentum: momentum, weightDecay: weightDecay), learningRate: learningRate)
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
  public static let names = ["sgd", "adamw"]

  /// The optimizer of a name with torch's constants; nil for an unknown name.
  ///
  /// The default rates are 0.05 and 1e-3.
  public static func named(_ name: String, learningRate: Double?) -> Optimizer? {
    switch name.lowercased() {
    case "sgd": .sgd(learningRate: learningRate ?? 0.05)
    case "adamw": .adamW(learningRate: learningRate ?? 1e-3)
    default: nil
    }
  }
}
