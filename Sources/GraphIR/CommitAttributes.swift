/// The end of a step as one transaction: judge, update, or leave everything as it was.
///
/// Operands of the node: the loss, the verdict of `unscale` (or of the `clip` that follows it), then one gradient a
/// parameter in the order of `parameters`, then one pending value a statistic in the order of `statistics`. Scale, learning rate and step number are values in the step control of the
/// state, not attributes: they change from step to step.
public struct CommitAttributes: Sendable, Hashable, CustomStringConvertible {
  /// The update rule.
  public var optimizer: OptimizerKind
  /// Names of the parameters in the state.
  public var parameters: [String]
  /// For each parameter the graph's value that holds its 16-bit copy, rewritten by the update; nil where there is none.
  public var copies: [ValueID?]
  /// Names of the running statistics in the state that take the pending values.
  public var statistics: [String]
  /// How new values of parameters stored in 16 bits are rounded.
  public var rounding: WeightRounding

  /// Position of the first gradient among the operands: loss and verdict come before.
  public static let firstGradient = 2

  /// Position of the first pending statistic among the operands.
  public var firstStatistic: Int { CommitAttributes.firstGradient + parameters.count }

  /// Creates a transaction.
  public init(
    optimizer: OptimizerKind, parameters: [String], copies: [ValueID?], statistics: [String],
    rounding: WeightRounding = .nearest
  ) {
    self.optimizer = optimizer
    self.parameters = parameters
    self.copies = copies
    self.statistics = statistics
    self.rounding = rounding
  }

  /// For example "adamw, 8 parameters (3 with 16-bit copies), 6 statistics".
  public var description: String {
    let copied = copies.count { $0 != nil }
    return "\(optimizer.name), \(parameters.count) parameters (\(copied) with 16-bit copies), "
      + "\(statistics.count) statistics" + (rounding == .stochastic ? ", stochastic rounding" : "")
  }
}

/// How a new weight is rounded to the 16 bits that it is stored in.
public enum WeightRounding: String, Sendable, Hashable {
  /// To nearest even: an update below half the distance of two numbers is lost.
  case nearest
  /// Up or down at random, with the odds of the distances, so that small updates arrive on average.
  ///
  /// Gupta and others 2015; bf16 only. The random bits are a function of seed, attempt, parameter and element.
  case stochastic
}

/// An update rule with its constants.
///
/// The learning rate is not among them: it may change at every step.
public enum OptimizerKind: Sendable, Hashable {
  /// torch.optim.SGD with momentum, without dampening; with `nesterov` the step looks ahead (Sutskever and others 2013).
  case sgd(momentum: Float, weightDecay: Float, nesterov: Bool)
  /// torch.optim.Adam (Kingma & Ba 2015): weight decay is added to the gradient.
  ///
  /// Decay rates are fp64, as torch keeps them: 1 - 0.999 from fp32 would be off by 1.3e-5.
  case adam(beta1: Double, beta2: Double, eps: Float, weightDecay: Float)
  /// torch.optim.AdamW (Loshchilov & Hutter 2019): weight decay shrinks the weight itself.
  case adamW(beta1: Double, beta2: Double, eps: Float, weightDecay: Float)

  /// "sgd", "adam" or "adamw".
  public var name: String {
    switch self {
    case .sgd: "sgd"
    case .adam: "adam"
    case .adamW: "adamw"
    }
  }

  /// Names of the states it keeps for every parameter, torch's names.
  public var stateNames: [String] {
    switch self {
    case .sgd: ["momentum_buffer"]
    case .adam, .adamW: ["exp_avg", "exp_avg_sq"]
    }
  }
}
