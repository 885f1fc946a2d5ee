import GraphIR
import TensorCore

extension GradientTape {
  /// The VJP table: one rule an operation.
  ///
  /// Appends the backward nodes of `node` for the cotangent of its first result (nil for a loss, whose cotangent is the
  /// loss scale), and accumulates the cotangents of those operands that need one.
  mutating func propagate(_ node: Node, cotangent: ValueID?) throws(GraphError) {
    if let lossGradient = node.operation.lossGradient {
      guard !needsGradient.contains(node.inputs[1]) else {
        throw GraphError(
          .attribute, layer: node.layer,
          "the targets of \(node.operation.name) depend on a parameter, but gradients reach predictions only; make the "
            + "targets an input")
      }
      try give(node.inputs[0], lossGradient, node.inputs, node.layer)
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
    case .matmul(let transposeA, let transposeB): try propagateMatmul(node, dy: dy, transposeA, transposeB)
    case .convTranspose2d(let attributes): try propagateTransposedConvolution(node, dy: dy, attributes)
    case .layerNorm: try propagateLayerNorm(node, dy: dy)
    case .attention(let a):
      try give(x, .attentionBackward(a), [dy, x, node.outputs[0], node.outputs[1]], layer)
    case .lstm: try propagateLSTM(node, dy: dy)
    case .relu: try give(x, .reluBackward, [dy, node.outputs[0]], layer)
    case .gelu: try give(x, .geluBackward, [dy, x], layer)
    case .sigmoid: try give(x, .sigmoidBackward, [dy, node.outputs[0]], layer)
    case .tanh: try give(x, .tanhBackward, [dy, node.outputs[0]], layer)
    case .silu: try give(x, .siluBackward, [dy, x], layer)
    case .maxPool2d(let a): try give(x, .maxPool2dBackward(a), [dy, node.outputs[1]], layer)
    case .avgPool2d(let a): try give(x, .avgPool2dBackward(a), [dy], layer)
    case .globalAveragePool: try give(x, .globalAveragePoolBackward, [dy], layer)
    case .dropout: try give(x, node.operation, [dy], layer)
    case .flatten: try give(x, .unflatten, [dy], layer)
    case .toSequence: try give(x, .fromSequence, [dy], layer)
    case .reshape: try give(x, .reshape, [dy], layer)
    case .embedding: try give(x, .embeddingBackward, [dy, node.inputs[1]], layer)
    case .gather: try give(x, .gatherBackward, [dy, node.inputs[1]], layer)
    case .concat(let dimension): try propagateConcat(node, dy: dy, dimension)
    case .slice(let dimension, let start, _):
      try give(x, .sliceBackward(dimension: dimension, start: start), [dy], layer)
    case .expand: try give(x, .columnSum, [dy], layer)
    case .upsample2d(let a): try give(x, .upsample2dBackward(a), [dy], layer)
    case .cast:
      try give(x, .cast(graph[x].type.dtype), [dy], layer, reason: "autodiff: the VJP of a cast is the cast back")
    case .add:
      for operand in node.inputs where needsGradient.contains(operand) {
        if graph[operand].type.shape == graph[dy].type.shape {
          try accumulate(dy, into: operand, layer: layer)
        } else {
          try give(operand, .columnSum, [dy], layer, reason: "autodiff: the operand was added to every leading extent")
        }
      }
    case .multiply:
      // d(xy) = y dx + x dy; a square gets both.
      try give(x, .multiply, [dy, node.inputs[1]], layer)
      try give(node.inputs[1], .multiply, [dy, x], layer)
    default:
      throw GraphError(.invariant, layer: layer, "\(node.operation.name) has no VJP: it is not a forward operation")
    }
  }

  /// Appends one node whose only result is the cotangent of `operand`, if it needs one.
  mutating func give(
    _ operand: ValueID, _ operation: Operation, _ inputs: [ValueID], _ layer: String, reason: String? = nil
  ) throws(GraphError) {
    guard needsGradient.contains(operand) else { return }
    let gradient = try append(operation, inputs, layer: layer, resultShape: operand, reason: reason)[0]
    try accumulate(gradient, into: operand, layer: layer)
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
    let perChannel = node.inputs[1...(attributes.relu ? 2 : 1)]
    let results = try append(
      .batchNormBackward(attributes), [dy, node.inputs[0]] + perChannel + node.outputs[1...2], layer: node.layer)
    for (operand, gradient) in zip(node.inputs[0..<3], results) where needsGradient.contains(operand) {
      try accumulate(gradient, into: operand, layer: node.layer)
    }
  }
}
