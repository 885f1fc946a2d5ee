import GraphCompiler
import GraphIR
import TensorCore

/// An fp32 type.
func f32(_ dimensions: Int...) -> TensorType { TensorType(.float32, Shape(dimensions)) }

/// A multilayer perceptron on (4, 1, 3, 3): flatten, linear 9→8, relu, dropout, linear 8→3, cross entropy.
func perceptron(isTraining: Bool = true) throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: isTraining)
  let x = builder.input("x", f32(4, 1, 3, 3))
  let labels = builder.input("labels", TensorType(.int64, [4]))
  let flat = try builder.apply(.flatten, x)
  let hidden = try builder.scope("1") { builder throws(GraphError) in try builder.linear(flat, 8) }
  let positive = try builder.apply(.relu, hidden)
  let dropped = try builder.dropout(positive, probability: 0.25)
  let logits = try builder.scope("4") { builder throws(GraphError) in try builder.linear(dropped, 3) }
  builder.output("logits", logits)
  builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
  return builder.graph
}

/// A residual convolution network on (2, 2, 6, 6): conv, batch norm, relu, conv added to its input, max pool, flatten,
/// linear, cross entropy.
func residualNetwork(isTraining: Bool = true) throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: isTraining)
  let x = builder.input("x", f32(2, 2, 6, 6))
  let labels = builder.input("labels", TensorType(.int64, [2]))
  let stem = try builder.scope("stem") { builder throws(GraphError) in
    try builder.apply(.relu, try builder.normalized(try builder.convolution(x, 4)))
  }
  let branch = try builder.scope("block") { builder throws(GraphError) in
    try builder.normalized(try builder.convolution(stem, 4))
  }
  let sum = try builder.apply(.relu, try builder.apply(.add, branch, stem))
  let pooled = try builder.apply(.maxPool2d(PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])), sum)
  let flat = try builder.apply(.flatten, pooled)
  let logits = try builder.scope("head") { builder throws(GraphError) in try builder.linear(flat, 3) }
  builder.output("logits", logits)
  builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
  return builder.graph
}

/// conv, batch norm, relu, max pool of (2, 2, 6, 6), flatten, linear 36→3, cross entropy.
func pooledConvolution() throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: true)
  let x = builder.input("x", f32(2, 2, 6, 6))
  let labels = builder.input("labels", TensorType(.int64, [2]))
  let y = try builder.apply(.relu, try builder.normalized(try builder.convolution(x, 4)))
  let pooled = try builder.apply(.maxPool2d(PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])), y)
  let logits = try builder.linear(try builder.apply(.flatten, pooled), 3)
  builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
  return builder.graph
}

extension GraphBuilder {
  /// linear with weight (out, in) and bias (out).
  mutating func linear(_ x: ValueID, _ features: Int) throws(GraphError) -> ValueID {
    let weight = try parameter("weight", [features, shape(x)[1]], .uniform(bound: 0.5))
    let bias = try parameter("bias", [features], .uniform(bound: 0.5))
    return try apply(.linear(relu: false), x, weight, bias)
  }

  /// A 3x3 convolution that keeps the image's size, without bias.
  mutating func convolution(_ x: ValueID, _ channels: Int) throws(GraphError) -> ValueID {
    let weight = try parameter("conv.weight", [channels, shape(x)[1], 3, 3], .uniform(bound: 0.3))
    return try apply(.conv2d(ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])), x, weight)
  }

  /// Batch normalisation with fresh parameters and statistics.
  mutating func normalized(_ x: ValueID) throws(GraphError) -> ValueID {
    let channels = Shape([shape(x)[1]])
    let weight = try parameter("norm.weight", channels, .uniform(bound: 1))
    let bias = try parameter("norm.bias", channels, .uniform(bound: 1))
    let mean = try statistic("norm.running_mean", channels, .constant(0))
    let variance = try statistic("norm.running_var", channels, .constant(1))
    return try batchNorm(
      x, weight: weight, bias: bias, runningMean: mean, runningVariance: variance, BatchNormAttributes())
  }
}

extension Graph {
  /// Names of operations in order.
  var operationNames: [String] { nodes.map(\.operation.name) }

  /// The only node of an operation's name; nil where there is none or more than one.
  func node(named name: String) -> Node? {
    let found = nodes.filter { $0.operation.name == name }
    return found.count == 1 ? found[0] : nil
  }

  /// The id of a parameter or statistic.
  func source(_ name: String) -> ValueID? {
    values.first { $0.origin == .parameter(name) || $0.origin == .statistic(name) }?.id
  }

  /// The node that makes a value; nil for sources.
  func producer(of value: ValueID) -> Node? {
    if case .node(let number, _) = self[value].origin { nodes[number] } else { nil }
  }
}

/// An optimizer for tests that do not care which.
let anyOptimizer = OptimizerKind.sgd(momentum: 0.9, weightDecay: 0, nesterov: false)
