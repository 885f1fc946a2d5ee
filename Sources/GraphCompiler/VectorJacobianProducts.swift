import GraphIR
import TensorCore

extension GradientTape {
  /// The VJP table: one rule an operation.
  ///
  /// Appends the backward nodes of `node` for the cotangent of its first result (nil for the loss, whose cotangent is
  /// the loss scale), and accumulates the cotangents of those operands that need one.
  mutating func propagate(_ node: Node, cotangent: ValueID?) throws(GraphError) {
    if case .crossEntropy = node.operation {
      try propagateLoss(node)
      return
    }
    guard let dy = cotangent else {
      throw GraphError(.invariant, layer: node.layer, "only a scalar loss can be differentiated")
    }
    let x = node.inputs[0]
    let layer = node.layer
    switch node.operation {
    case .linear(let relu): try propagateLinear(node, dy: dy, relu: relu)
    case .conv2d(let attributes): try propagateConvolution(node, dy: dy, attributes)
    case .batchNorm(let attributes): try propagateBatchNorm(node, dy: dy, attributes)
    case .relu: try give(x, .reluBackward, [dy, node.outputs[0]], layer)
    case .gelu: try give(x, .geluBackward, [dy, x], layer)
    case .maxPool2d(let a): try give(x, .maxPool2dBackward(a), [dy, node.outputs[1]], layer)
    case .avgPool2d(let a): try give(x, .avgPool2dBackward(a), [dy], layer)
    case .globalAveragePool: try give(x, .globalAveragePoolBackward, [dy], layer)
    case .dropout: try give(x, node.operation, [dy], layer)
    case .flatten: try give(x, .unflatten, [dy], layer)
    case .cast:
      try give(x, .cast(graph[x].type.dtype), [dy], layer, reason: "autodiff: the VJP of a cast is the cast back")
    case .add:
      for operand in node.inputs where needsGradient.contains(operand) {
        try accumulate(dy, into: operand, layer: layer)
      }
    default:
      throw GraphError(.invariant, layer: layer, "\(node.operation.name) has no VJP: it is not a forward operation")
    }
  }

  /// Appends one node whose only result is the cotangent of `operand`, if it needs one.
  private mutating func give(
    _ operand: ValueID, _ operation: Operation, _ inputs: [ValueID], _ layer: String, reason: String? = nil
  ) throws(GraphError) {
    guard needsGradient.contains(operand) else { return }
    let gradient = try append(operation, inputs, layer: layer, resultShape: operand, reason: reason)[0]
    try accumulate(gradient, into: operand, layer: layer)
  }

  /// d loss / d logits = (softmax - onehot) · scale / N.
  private mutating func propagateLoss(_ node: Node) throws(GraphError) {
    try give(node.inputs[0], .crossEntropyBackward, node.inputs, node.layer)
  }

  /// dx (N, in) = dy W, dW (out, in) = dyᵀ x, db = column sums of dy.
  private mutating func propagateLinear(_ node: Node, dy: ValueID, relu: Bool) throws(GraphError) {
    let (x, weight, layer) = (node.inputs[0], node.inputs[1], node.layer)
    var dy = dy
    if relu { dy = try append(.reluBackward, [dy, node.outputs[0]], layer: layer)[0] }
    if node.inputs.count == 3 { try give(node.inputs[2], .columnSum, [dy], layer) }
    try give(weight, .matmul(transposeA: true, transposeB: false), [dy, x], layer)
    try give(x, .matmul(transposeA: false, transposeB: false), [dy, weight], layer)
  }

  private mutating func propagateConvolution(
    _ node: Node, dy: ValueID, _ attributes: ConvolutionAttributes
  ) throws(GraphError) {
    let (x, weight, layer) = (node.inputs[0], node.inputs[1], node.layer)
    let hasBias = node.inputs.count == 3
    let results = try append(
      .conv2dBackwardWeights(attributes, bias: hasBias), [x, dy], layer: layer, resultShape: weight)
    try accumulate(results[0], into: weight, layer: layer)
    if hasBias { try accumulate(results[1], into: node.inputs[2], layer: layer) }
    try give(x, .conv2dBackwardData(attributes), [dy, weight], layer)
  }

  private mutating func propagateBatchNorm(
    _ node: Node, dy: ValueID, _ attributes: BatchNormAttributes
  ) throws(GraphError) {
    let y = attributes.relu ? [node.outputs[0]] : []
    let results = try append(
      .batchNormBackward(attributes),
      [dy, node.inputs[0]] + y + [node.inputs[1], node.outputs[1], node.outputs[2]], layer: node.layer)
    for (operand, gradient) in zip(node.inputs[0..<3], results) where needsGradient.contains(operand) {
      try accumulate(gradient, into: operand, layer: node.layer)
    }
  }
}
