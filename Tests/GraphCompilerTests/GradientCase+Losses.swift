import GraphIR
import TensorCore

extension GradientCase {
  static let losses: [GradientCase] = [
    crossEntropy(of: [4, 5], labels: [4]), crossEntropy(of: [2, 3, 5], labels: [2, 3]),
    crossEntropy(of: [2, 5, 2, 3], labels: [2, 2, 3]),
    paired(.bceWithLogits, of: [5]), paired(.bceWithLogits, of: [2, 1, 3, 2]), paired(.meanSquaredError, of: [3, 4]),
    loss("binary cross entropy of a sigmoid") { builder throws(GraphError) in
      let targets = builder.input("targets", TensorType(.float32, [3, 2]))
      let probabilities = try builder.apply(.sigmoid, try builder.operand("x", 3, 2))
      return try builder.apply(.binaryCrossEntropy, probabilities, targets)
    },
  ]

  private static func crossEntropy(of logits: Shape, labels: Shape) -> GradientCase {
    loss("cross entropy of \(logits)") { builder throws(GraphError) in
      let labels = builder.input("labels", TensorType(.int64, labels))
      return try builder.apply(.crossEntropy, try builder.parameter("logits", logits, .constant(0)), labels)
    }
  }

  private static func paired(_ operation: GraphIR.Operation, of shape: Shape) -> GradientCase {
    loss("\(operation.name) of \(shape)") { builder throws(GraphError) in
      let targets = builder.input("targets", TensorType(.float32, shape))
      return try builder.apply(operation, try builder.parameter("predictions", shape, .constant(0)), targets)
    }
  }
}
