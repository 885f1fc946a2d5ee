import GraphIR
import TensorCore

extension GraphIR.Operation {
  /// The operation that gives the gradient of a loss from its operands; nil for what is no loss.
  var lossGradient: GraphIR.Operation? {
    switch self {
    case .crossEntropy: .crossEntropyBackward
    case .bceWithLogits: .bceWithLogitsBackward
    case .binaryCrossEntropy: .binaryCrossEntropyBackward
    case .meanSquaredError: .meanSquaredErrorBackward
    default: nil
    }
  }
}

/// Rules of operations with several operands.
extension GradientTape {
  /// C = op(A) op(B): dA = dC op(B)ᵀ and dB = op(A)ᵀ dC, transposed where the operand was.
  mutating func propagateMatmul(
    _ node: Node, dy: ValueID, _ transposeA: Bool, _ transposeB: Bool
  ) throws(GraphError) {
    let (a, b, layer) = (node.inputs[0], node.inputs[1], node.layer)
    if transposeA {
      try give(a, .matmul(transposeA: transposeB, transposeB: true), [b, dy], layer)
    } else {
      try give(a, .matmul(transposeA: false, transposeB: !transposeB), [dy, b], layer)
    }
    if transposeB {
      try give(b, .matmul(transposeA: true, transposeB: transposeA), [dy, a], layer)
    } else {
      try give(b, .matmul(transposeA: !transposeA, transposeB: false), [a, dy], layer)
    }
  }

  /// A transposed convolution is the data gradient of a convolution: its own data gradient is that convolution, and the
  /// weight sees x and dy with their parts exchanged.
  mutating func propagateTransposedConvolution(
    _ node: Node, dy: ValueID, _ attributes: ConvolutionAttributes
  ) throws(GraphError) {
    let (x, weight, layer) = (node.inputs[0], node.inputs[1], node.layer)
    if node.inputs.count == 3 { try give(node.inputs[2], .columnSum, [dy], layer) }
    try give(weight, .conv2dBackwardWeights(attributes, bias: false), [dy, x], layer)
    try give(x, .conv2d(attributes), [dy, weight], layer)
  }

  mutating func propagateLayerNorm(_ node: Node, dy: ValueID) throws(GraphError) {
    let results = try append(
      .layerNormBackward, [dy, node.inputs[0], node.inputs[1], node.outputs[1], node.outputs[2]], layer: node.layer)
    for (operand, gradient) in zip(node.inputs, results) where needsGradient.contains(operand) {
      try accumulate(gradient, into: operand, layer: node.layer)
    }
  }

  /// Both biases are added to the same gates, so they share a gradient.
  mutating func propagateLSTM(_ node: Node, dy: ValueID) throws(GraphError) {
    let results = try append(.lstmBackward, [dy] + node.inputs[0..<3] + node.outputs, layer: node.layer)
    for (operand, gradient) in zip(node.inputs, results[...3] + [results[3]]) where needsGradient.contains(operand) {
      try accumulate(gradient, into: operand, layer: node.layer)
    }
  }

  /// Each operand gets its slice of dy.
  mutating func propagateConcat(_ node: Node, dy: ValueID, _ dimension: Int) throws(GraphError) {
    var start = 0
    for operand in node.inputs {
      let count = graph[operand].type.shape[dimension]
      try give(operand, .slice(dimension: dimension, start: start, count: count), [dy], node.layer)
      start += count
    }
  }
}
