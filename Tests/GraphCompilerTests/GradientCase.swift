import GraphIR
import TensorCore
import Testing

/// A network around one operation, every operand of which is a trainable parameter or computed from one, that ends in
/// a scalar loss.
struct GradientCase: Sendable, CustomTestStringConvertible {
  /// Says how the operation is applied to operands that carry gradients.
  typealias Body = @Sendable (inout GraphBuilder) throws(GraphError) -> ValueID

  var testDescription: String
  var body: Body
  /// Whether the body's result is the loss.
  var isLoss = false

  init(_ name: String, _ body: @escaping Body) { (testDescription, self.body) = (name, body) }

  /// A case whose body ends in a loss of its own.
  static func loss(_ name: String, _ body: @escaping Body) -> GradientCase {
    var result = GradientCase(name, body)
    result.isLoss = true
    return result
  }

  /// The operation's result, flattened, through a linear layer, into cross entropy; or the loss as it is.
  func graph() throws -> Graph {
    var builder = GraphBuilder(isTraining: true)
    let y = try body(&builder)
    guard !isLoss else {
      builder.output("loss", y)
      return builder.graph
    }
    let flat = builder.shape(y).rank > 2 ? try builder.apply(.flatten, y) : y
    let weight = try builder.parameter("head", [3, builder.shape(flat)[1]], .constant(0))
    let logits = try builder.apply(.linear(relu: false), flat, weight)
    let labels = builder.input("labels", TensorType(.int64, [builder.shape(flat)[0]]))
    builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
    return builder.graph
  }

  private static let strided = ConvolutionAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 0])
  private static let overlapping = PoolingAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 1])

  static let all: [GradientCase] = images + shapes + sequences + losses

  private static let images: [GradientCase] = [
    linear(bias: false, relu: false), linear(bias: true, relu: false), linear(bias: true, relu: true),
    GradientCase("conv2d 3x3, padding 1") { builder throws(GraphError) in
      try builder.apply(
        .conv2d(ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])),
        try builder.operand("x", 2, 2, 3, 4), try builder.operand("weight", 2, 2, 3, 3))
    },
    GradientCase("conv2d 3x2, strides 2x1, padding 1x0, bias") { builder throws(GraphError) in
      try builder.apply(
        .conv2d(strided), try builder.operand("x", 2, 2, 5, 3), try builder.operand("weight", 3, 2, 3, 2),
        try builder.operand("bias", 3))
    },
    elementwise("relu", .relu), elementwise("gelu", .gelu), elementwise("sigmoid", .sigmoid),
    elementwise("tanh", .tanh), elementwise("silu", .silu), elementwise("flatten", .flatten),
    elementwise("max_pool2d, overlapping windows", .maxPool2d(overlapping)),
    elementwise("avg_pool2d, overlapping windows", .avgPool2d(overlapping)),
    elementwise("global average pool", .globalAveragePool),
    GradientCase("dropout") { builder throws(GraphError) in
      // Masks count elements as they lie in memory, so dropout is fed an activation: a parameter lies otherwise.
      let x = try builder.apply(.avgPool2d(overlapping), try builder.operand("x", 2, 3, 5, 4))
      return try builder.apply(.dropout(probability: 0.4, stream: 2), x)
    },
    // The identity in exact arithmetic: what is tested is that the cotangent passes.
    elementwise("cast", .cast(.float32)),
    batchNorm("rank 2", [5, 3], relu: false), batchNorm("rank 4", [2, 3, 2, 3], relu: false),
    batchNorm("rank 4, relu", [2, 3, 2, 3], relu: true),
    upsampled(UpsampleAttributes(scale: 2, mode: .nearest)), upsampled(UpsampleAttributes(scale: 3, mode: .nearest)),
    upsampled(UpsampleAttributes(scale: 2, mode: .bilinear)), upsampled(UpsampleAttributes(scale: 3, mode: .bilinear)),
    GradientCase("conv_transpose2d 2x2, stride 2") { builder throws(GraphError) in
      let doubling = ConvolutionAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
      return try builder.apply(
        .convTranspose2d(doubling), try builder.operand("x", 2, 3, 2, 3), try builder.operand("weight", 3, 2, 2, 2))
    },
    GradientCase("conv_transpose2d 3x2, strides 2x1, padding 1x0, bias") { builder throws(GraphError) in
      try builder.apply(
        .convTranspose2d(strided), try builder.operand("x", 2, 3, 3, 2), try builder.operand("weight", 3, 2, 3, 2),
        try builder.operand("bias", 2))
    },
  ]

  private static func linear(bias: Bool, relu: Bool) -> GradientCase {
    GradientCase("linear\(bias ? ", bias" : "")\(relu ? ", relu fused" : "")") { builder throws(GraphError) in
      let (x, weight) = (try builder.operand("x", 3, 5), try builder.operand("weight", 4, 5))
      guard bias else { return try builder.apply(.linear(relu: relu), x, weight) }
      return try builder.apply(.linear(relu: relu), x, weight, try builder.operand("bias", 4))
    }
  }

  private static func elementwise(_ name: String, _ operation: GraphIR.Operation) -> GradientCase {
    GradientCase(name) { builder throws(GraphError) in
      try builder.apply(operation, try builder.operand("x", 2, 3, 5, 4))
    }
  }

  private static func upsampled(_ attributes: UpsampleAttributes) -> GradientCase {
    GradientCase("upsample, \(attributes.mode.rawValue), scale \(attributes.scale)") { builder throws(GraphError) in
      try builder.apply(.upsample2d(attributes), try builder.operand("x", 2, 2, 3, 2))
    }
  }

  private static func batchNorm(_ name: String, _ shape: Shape, relu: Bool) -> GradientCase {
    GradientCase("batch norm, \(name)") { builder throws(GraphError) in
      let x = try builder.parameter("x", shape, .constant(0))
      let (weight, bias) = (try builder.operand("weight", 3), try builder.operand("bias", 3))
      let mean = try builder.statistic("running_mean", [3], .constant(0))
      let variance = try builder.statistic("running_var", [3], .constant(1))
      return try builder.batchNorm(
        x, weight: weight, bias: bias, runningMean: mean, runningVariance: variance, BatchNormAttributes(relu: relu))
    }
  }
}

extension GraphBuilder {
  /// A trainable operand.
  mutating func operand(_ name: String, _ dimensions: Int...) throws(GraphError) -> ValueID {
    try parameter(name, Shape(dimensions), .constant(0))
  }
}
