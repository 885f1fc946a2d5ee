import GraphCompiler
import GraphIR
import TensorCore
import Testing

/// A small network like those of the zoo, with odd extents.
enum Network: Sendable, CustomTestStringConvertible {
  /// Linear layers with relu, gelu and dropout.
  case perceptron
  /// One channel in; convolutions with and without bias, batch norm, a residual addition, all poolings.
  case convolutional
  /// Causal attention between layer norms, with a head that shares the table of the embedding.
  case language
  /// An LSTM, its last step, dropout, a gate.
  case recurrent
  /// A U-Net: skip connections along the channels, a transposed convolution, interpolation, a class for every pixel.
  case segmentation
  /// Two embeddings and their product, one logit a pair.
  case recommender
  /// One batch norm of these constants before the head.
  case normalized(BatchNormAttributes)

  /// The networks to compare.
  static let all: [Network] = [.perceptron, .convolutional, .language, .recurrent, .segmentation, .recommender]

  var testDescription: String {
    switch self {
    case .perceptron: "perceptron"
    case .convolutional: "convolutional"
    case .language: "language"
    case .recurrent: "recurrent"
    case .segmentation: "segmentation"
    case .recommender: "recommender"
    case .normalized: "normalized"
    }
  }

  /// The forward graph on a few examples, from "x" and "labels" to "logits" and "loss".
  func forward(isTraining: Bool) throws(GraphError) -> Graph {
    var builder = GraphBuilder(isTraining: isTraining)
    switch self {
    case .perceptron: try builder.classify { builder, x throws(GraphError) in try builder.perceptron(x) }
    case .convolutional: try builder.classify { builder, x throws(GraphError) in try builder.convolutional(x) }
    case .normalized(let attributes):
      try builder.classify { builder, x throws(GraphError) in
        try builder.apply(.flatten, try builder.normalized("0", x, attributes))
      }
    case .language: try builder.language()
    case .recurrent: try builder.recurrent()
    case .segmentation: try builder.segmentation()
    case .recommender: try builder.recommender()
    }
    return builder.graph
  }

  /// A training step as a backend runs it.
  func trainingStep(
    _ format: DType, _ optimizer: OptimizerKind, microBatches: Int = 1, clipping: [GradientClipping] = []
  ) throws -> Graph {
    try trainingStep(
      FormatRules(compute: format.autocastFormat), optimizer, microBatches: microBatches, clipping: clipping)
  }

  /// A training step in any mode.
  func trainingStep(
    _ rules: FormatRules, _ optimizer: OptimizerKind, microBatches: Int = 1, clipping: [GradientClipping] = []
  ) throws -> Graph {
    let pipeline = CompilerPipeline(rules, microBatches: microBatches, clipping: clipping)
    return try #require(pipeline.trainingStages(forward(isTraining: true), optimizer: optimizer).last).graph
  }

  /// An evaluation as a backend runs it.
  func evaluation(_ format: DType) throws -> Graph {
    let pipeline = CompilerPipeline(autocastFormat: format.autocastFormat)
    return try #require(pipeline.inferenceStages(forward(isTraining: false)).last).graph
  }

  /// Forward and backward without a commit, each gradient an output "gradient of PARAMETER".
  func gradients(_ format: DType) throws -> Graph {
    var joint = try differentiate(
      fuseActivations(autocast(forward(isTraining: true), to: format.autocastFormat)))
    for (parameter, gradient) in joint.gradients { joint.graph.setOutput("gradient of \(parameter)", gradient) }
    return try schedule(removeDeadNodes(keepLowPrecisionCopies(joint.graph)))
  }
}

extension GraphBuilder {
  /// Images (5, 1, 9, 7) through a network and a linear head into 3 classes.
  fileprivate mutating func classify(
    _ network: (inout GraphBuilder, ValueID) throws(GraphError) -> ValueID
  ) throws(GraphError) {
    let x = input("x", TensorType(.float32, [5, 1, 9, 7]))
    let labels = input("labels", TensorType(.int64, [5]))
    try finish(try linear("head", try network(&self, x), 3), .crossEntropy, labels)
  }

  /// Names logits and loss.
  mutating func finish(_ logits: ValueID, _ loss: GraphIR.Operation, _ labels: ValueID) throws(GraphError) {
    output("logits", logits)
    output("loss", try apply(loss, logits, labels))
  }

  fileprivate mutating func perceptron(_ x: ValueID) throws(GraphError) -> ValueID {
    let first = try apply(.relu, try linear("0", try apply(.flatten, x), 17))
    let second = try apply(.gelu, try linear("1", try dropout(first, probability: 0.25), 11))
    return try dropout(second, probability: 0.5)
  }

  fileprivate mutating func convolutional(_ x: ValueID) throws(GraphError) -> ValueID {
    let strided = ConvolutionAttributes(kernel: [3, 3], stride: [2, 1], padding: [1, 1])
    let same = ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])
    // A bias right before batch norm has gradient 0 up to rounding: nothing to compare. So it stands where none follows.
    let stem = try apply(.relu, try convolution("stem", x, 6, strided, bias: true))
    let branch = try normalized("block", try convolution("block", stem, 6, same, bias: false))
    let sum = try apply(.relu, try apply(.add, branch, stem))
    let overlapping = PoolingAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])
    let pooled = try apply(.avgPool2d(overlapping), sum)
    let halved = try apply(.maxPool2d(PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])), pooled)
    let wide = try apply(.relu, try normalized("wide", try convolution("wide", halved, 9, same, bias: false)))
    return try apply(.flatten, try apply(.globalAveragePool, wide))
  }

  mutating func linear(_ name: String, _ x: ValueID, _ features: Int) throws(GraphError) -> ValueID {
    let weight = try parameter("\(name).weight", [features, shape(x)[1]], .uniform(bound: 0.3))
    let bias = try parameter("\(name).bias", [features], .uniform(bound: 0.3))
    return try apply(.linear(relu: false), x, weight, bias)
  }

  mutating func convolution(
    _ name: String, _ x: ValueID, _ channels: Int, _ attributes: ConvolutionAttributes, bias: Bool
  ) throws(GraphError) -> ValueID {
    let weight = try parameter(
      "\(name).weight", [channels, shape(x)[1], attributes.kernel[0], attributes.kernel[1]], .uniform(bound: 0.3))
    guard bias else { return try apply(.conv2d(attributes), x, weight) }
    return try apply(
      .conv2d(attributes), x, weight, try parameter("\(name).bias", [channels], .uniform(bound: 0.3)))
  }

  mutating func normalized(
    _ name: String, _ x: ValueID, _ attributes: BatchNormAttributes = BatchNormAttributes()
  ) throws(GraphError) -> ValueID {
    let channels = Shape([shape(x)[1]])
    let weight = try parameter("\(name).norm.weight", channels, .constant(1))
    let bias = try parameter("\(name).norm.bias", channels, .constant(0))
    let mean = try statistic("\(name).norm.running_mean", channels, .constant(0))
    let variance = try statistic("\(name).norm.running_var", channels, .constant(1))
    return try batchNorm(
      x, weight: weight, bias: bias, runningMean: mean, runningVariance: variance, attributes)
  }
}
