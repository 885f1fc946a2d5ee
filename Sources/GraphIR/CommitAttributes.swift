/// The end of a step as one transaction: unscale, judge, update, or leave everything as it was.
///
/// Operands of the node: the loss, then one gradient a parameter in the order of `parameters`, then one pending value a
/// statistic in the order of `statistics`. Scale, learning rate and step number are values in the step control of the
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

  /// Creates a transaction.
  public init(optimizer: OptimizerKind, parameters: [String], copies: [ValueID?], statistics: [String]) {
    self.optimizer = optimizer
    self.parameters = parameters
    self.copies = copies
    self.statistics = statistics
  }

  /// For example "adamw, 8 parameters (3 with 16-bit copies), 6 statistics".
  public var description: String {
    let copied = copies.count { $0 != nil }
    return "\(optimizer.name), \(parameters.count) parameters (\(copied) with 16-bit copies), "
      + "\(statistics.count) statistics"
  }
}

/// An update rule with its constants.
///
/// The learning rate is not among them: it may change at every step.
public enum OptimizerKind: Sendable, Hashable {
  /// torch.optim.SGD with momentum, without dampening and Nesterov.
  case sgd(momentum: Float, weightDecay: Float)
  /// torch.optim.AdamW (Loshchilov & Hutter 2019).
  ///
  /// Decay rates are fp64, as torch keeps them: 1 - 0.999 from fp32 would be off by 1.3e-5.
  case adamW(beta1: Double, beta2: Double, eps: Float, weightDecay: Float)

  /// "sgd" or "adamw".
  public var name: String {
    switch self {
    case .sgd: "sgd"
    case .adamW: "adamw"
    }
  }

  /// Names of the states it keeps for every parameter, torch's names.
  public var stateNames: [String] {
    switch self {
    case .sgd: ["momentum_buffer"]
    case .adamW: ["exp_avg", "exp_avg_sq"]
    }
  }
}
