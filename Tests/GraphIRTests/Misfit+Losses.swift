import GraphIR
import TensorCore
import Testing

private let verdict = f32(GradientVerdict.count)
private let plainSGD = OptimizerKind.sgd(momentum: 0, weightDecay: 0, nesterov: false)

extension Misfit {
  static let losses: [Misfit] =
    [
      Misfit(.crossEntropy, [f32(5, 10), i64(4)], .shape, "(5, 10)", "i64(5)", "i64(4)"),
      Misfit(.crossEntropy, [f32(5, 10), f32(5)], .shape, "i64(5)", "f32(5)"),
      Misfit(.crossEntropy, [f32(5, 3, 10), i64(5, 10)], .shape, "(5, 3, 10)", "i64(5, 3)", "i64(5, 10)"),
      Misfit(.crossEntropy, [f32(5, 10, 3, 4), i64(5, 10, 3)], .shape, "i64(5, 3, 4)", "i64(5, 10, 3)"),
      Misfit(.crossEntropy, [f32(10), i64()], .shape, "(N, T, K)", "(10)"),
      Misfit(.crossEntropy, [bf16(5, 10), i64(5)], .dtype, "fp32", "logits bf16(5, 10)"),
      Misfit(.crossEntropy, [f32(5, 10)], .invariant, "2", "1"),
      Misfit(.crossEntropyBackward, [f32(5, 10), i64(4)], .shape, "(5, 10)", "i64(5)", "i64(4)"),
    ] + paired(.bceWithLogits) + paired(.bceWithLogitsBackward) + paired(.binaryCrossEntropy)
    + paired(.binaryCrossEntropyBackward) + paired(.meanSquaredError) + paired(.meanSquaredErrorBackward)

  /// What every loss of predictions and targets refuses.
  private static func paired(_ operation: GraphIR.Operation) -> [Misfit] {
    [
      Misfit(operation, [f32(5, 1), f32(5)], .shape, operation.name, "(5, 1)", "f32(5)"),
      Misfit(operation, [f32(5), i64(5)], .dtype, operation.name, "targets in f32", "i64(5)"),
      Misfit(operation, [bf16(5), f32(5)], .dtype, operation.name, "predictions bf16(5)"),
      Misfit(operation, [f32(5)], .invariant, "2", "1"),
    ]
  }

  static let endOfStep: [Misfit] = [
    Misfit(.accumulateLoss(count: 0), [f32()], .shape, "1 micro-batch or more"),
    Misfit(.accumulateLoss(count: 2), [f32(1)], .shape, "f32()", "f32(1)"),
    Misfit(.accumulate, [i64(3)], .dtype, "i64(3)"),
    Misfit(.accumulate, [f32(3), f32(3)], .dtype, "one gradient", "f32(3), f32(3)"),
    Misfit(.unscale, [], .dtype, "gradients"),
    Misfit(.unscale, [f32(3), i64(3)], .dtype, "i64(3)"),
    Misfit(.clip(.norm(0)), [verdict], .attribute, "clip_grad_norm", "positive finite", "0.0"),
    Misfit(.clip(.value(-1)), [verdict], .attribute, "clip_grad_value", "-1.0"),
    Misfit(.clip(.norm(.infinity)), [verdict], .attribute, "inf"),
    Misfit(.clip(.norm(.nan)), [verdict], .attribute, "nan"),
    Misfit(.clip(.norm(1)), [f32(3)], .shape, "clip_grad_norm", "follows unscale", "f32(3)"),
    Misfit(.commit(commit(["w"])), [f32()], .invariant, "3", "1"),
    Misfit(.commit(commit(["w"], copies: [])), [f32(), verdict, f32(3)], .invariant, "1 parameters", "0 copies"),
    Misfit(.commit(commit([])), [f32(5), verdict], .shape, "loss", "f32(5)"),
    Misfit(.commit(commit([])), [f32(), f32(5)], .shape, "verdict", "f32(5)"),
  ]

  private static func commit(_ parameters: [String], copies: [ValueID?]? = nil) -> CommitAttributes {
    CommitAttributes(
      optimizer: plainSGD, parameters: parameters, copies: copies ?? parameters.map { _ in nil }, statistics: [])
  }
}
