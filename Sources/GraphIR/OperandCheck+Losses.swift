import TensorCore

/// Checks of the losses and of the end of a step.
extension OperandCheck {
  /// Logits (N, K), (N, T, K) or (N, K, H, W), labels (N), (N, T) or (N, H, W).
  func crossEntropy() throws(GraphError) {
    try operandCount(2...2)
    let logits = types[0].shape
    let expected: Shape? =
      switch logits.rank {
      case 2: [logits[0]]
      case 3: [logits[0], logits[1]]
      case 4: [logits[0], logits[2], logits[3]]
      default: nil
      }
    guard let expected else {
      throw GraphError(
        .shape, layer: layer, "cross_entropy expects logits (N, K), (N, T, K) or (N, K, H, W), found \(logits)")
    }
    guard types[1] == TensorType(.int64, expected) else {
      throw GraphError(
        .shape, layer: layer, "cross_entropy of logits \(logits) expects labels i64\(expected), found \(types[1])")
    }
    try float32("logits")
  }

  /// Predictions and targets of one shape.
  func pairedLoss() throws(GraphError) {
    try operandCount(2...2)
    guard types[0].shape == types[1].shape else {
      throw GraphError(
        .shape, layer: layer, "\(operation.name) of \(types[0].shape) expects targets of that shape, found \(types[1])")
    }
    guard types[1].dtype == .float32 else {
      throw GraphError(.dtype, layer: layer, "\(operation.name) expects targets in f32, found \(types[1])")
    }
    try float32("predictions")
  }

  private func float32(_ title: String) throws(GraphError) {
    guard types[0].dtype == .float32 else {
      throw GraphError(.dtype, layer: layer, "\(operation.name) computes in fp32, found \(title) \(types[0])")
    }
  }

  /// Any number of gradients, at least one.
  func unscale() throws(GraphError) {
    guard !types.isEmpty, types.allSatisfy({ $0.dtype.isFloatingPoint }) else {
      throw GraphError(.dtype, layer: layer, "unscale expects gradients in floating-point formats, found \(typesText)")
    }
  }

  /// The type of a verdict.
  static var verdict: TensorType { TensorType(.float32, [GradientVerdict.count]) }

  /// The verdict of `unscale`, or of another `clip`.
  func clip(_ clipping: GradientClipping) throws(GraphError) {
    guard clipping.maximum > 0, clipping.maximum.isFinite else {
      throw GraphError(
        .attribute, layer: layer,
        "\(clipping.name): the maximum is a positive finite number, found \(clipping.maximum)")
    }
    guard types == [Self.verdict] else {
      throw GraphError(
        .shape, layer: layer, "\(clipping.name) follows unscale and takes its verdict, found \(typesText)")
    }
  }

  /// Loss, verdict, one gradient a parameter, one pending value a statistic.
  func commit(_ attributes: CommitAttributes) throws(GraphError) {
    let count = attributes.firstStatistic + attributes.statistics.count
    try operandCount(count...count)
    guard attributes.copies.count == attributes.parameters.count else {
      throw GraphError(
        .invariant, layer: layer,
        "commit of \(attributes.parameters.count) parameters states "
          + "\(attributes.copies.count) copies")
    }
    guard types[0] == TensorType(.float32, .scalar) else {
      throw GraphError(.shape, layer: layer, "commit expects a loss f32(), found \(types[0])")
    }
    guard types[1] == Self.verdict else {
      throw GraphError(.shape, layer: layer, "commit expects the verdict of unscale, found \(types[1])")
    }
  }
}
