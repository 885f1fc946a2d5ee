import GraphIR
import TensorCore

/// Losses in fp32, and the end of a step.
extension OperationCase {
  static let losses: [OperationCase] =
    crossEntropy([5, 10], labels: [5]) + crossEntropy([1, 3], labels: [1]) + crossEntropy([33, 17], labels: [33])
    + crossEntropy([3, 5, 7], labels: [3, 5]) + crossEntropy([2, 5, 3, 7], labels: [2, 3, 7])
    + crossEntropy([2, 3, 1, 1], labels: [2, 1, 1])
    + [Shape([7]), [33, 3], [2, 5, 3], [2, 3, 5, 7]].flatMap { shape in
      paired(.bceWithLogits, .bceWithLogitsBackward, .activation(shape), shape)
        + paired(.meanSquaredError, .meanSquaredErrorBackward, .activation(shape), shape)
    }
    + [Shape([7]), [33, 3]].flatMap { shape in
      paired(.binaryCrossEntropy, .binaryCrossEntropyBackward, .probabilities(shape), shape)
    }

  private static func crossEntropy(_ logits: Shape, labels: Shape) -> [OperationCase] {
    [
      OperationCase("cross entropy \(logits)", .crossEntropy, [.activation(logits), .labels(labels)]).inFloat32,
      OperationCase(
        "cross entropy \(logits), gradient", .crossEntropyBackward, [.activation(logits), .labels(labels)]
      ).inFloat32,
    ]
  }

  private static func paired(
    _ loss: GraphIR.Operation, _ gradient: GraphIR.Operation, _ predictions: Operand, _ targets: Shape
  ) -> [OperationCase] {
    [
      OperationCase("\(loss.name) \(targets)", loss, [predictions, .targets(targets)]).inFloat32,
      OperationCase("\(loss.name) \(targets), gradient", gradient, [predictions, .targets(targets)]).inFloat32,
    ]
  }

  static let endOfStep: [OperationCase] = [
    // Three micro-batches of the same numbers.
    OperationCase("accumulate", .accumulate, [.activation([5, 67])])
      .then(.accumulateLoss(count: 3), [.vector(.scalar)]),
    OperationCase("unscale", .unscale, [.activation([5, 67]), .plain([3, 5, 3, 3]), .vector([1])]),
    OperationCase("unscale, clip by norm and value", .unscale, [.activation([33, 65])])
      .then(.clip(.norm(0.5)), [.previous(result: 0)]).then(.clip(.norm(0.25)), [.previous(result: 0)])
      .then(.clip(.value(0.125)), [.previous(result: 0)]),
  ]
}
