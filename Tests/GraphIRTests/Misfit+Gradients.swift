import GraphIR
import TensorCore
import Testing

private let same3x3 = ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])
private let pool2x2 = PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])

extension Misfit {
  /// Gradients of operations on images and matrices.
  static let gradients: [Misfit] = [
    Misfit(
      .conv2dBackwardData(same3x3), [f32(2, 4, 9, 8), f32(4, 3, 3, 3)], stated: [2, 3, 9, 9], .shape, "(2, 4, 9, 9)",
      "(2, 4, 9, 8)"),
    Misfit(
      .conv2dBackwardWeights(same3x3, bias: false), [f32(2, 3, 9, 9), f32(2, 5, 9, 9)], stated: [4, 3, 3, 3], .shape,
      "(2, 4, 9, 9)", "(2, 5, 9, 9)"),
    Misfit(.conv2dBackwardData(same3x3), [], stated: [2, 3, 9, 9], .invariant, "0"),
    Misfit(.conv2dBackwardData(same3x3), [f32(2, 4, 9, 9), f32(4, 3, 3, 3)], .invariant, "result shape"),
    Misfit(
      .maxPool2dBackward(pool2x2), [f32(2, 3, 4, 4), TensorType(.uint8, [2, 3, 4, 4])], stated: [2, 3, 7, 7], .shape,
      "(2, 3, 3, 3)", "(2, 3, 4, 4)"),
    Misfit(
      .avgPool2dBackward(pool2x2), [f32(2, 3, 4, 4)], stated: [2, 3, 7, 7], .shape, "(2, 3, 3, 3)", "(2, 3, 4, 4)"),
    Misfit(
      .globalAveragePoolBackward, [f32(2, 4, 1, 1)], stated: [2, 3, 7, 7], .shape, "(2, 3, 1, 1)", "(2, 4, 1, 1)"),
    Misfit(.unflatten, [f32(2, 146)], stated: [2, 3, 7, 7], .shape, "(2, 147)", "(2, 146)"),
    Misfit(.reluBackward, [f32(2, 3), f32(2, 4)], .shape, "(2, 3)", "(2, 4)"),
    Misfit(.geluBackward, [f32(2, 3), TensorType(.float16, [2, 3])], .dtype, "f16(2, 3)"),
    Misfit(
      .batchNormBackward(BatchNormAttributes()), [f32(2, 3), f32(2, 4), f32(3), f32(3), f32(3)], .shape, "(2, 3)",
      "(2, 4)"),
    Misfit(
      .batchNormBackward(BatchNormAttributes()), [f32(2, 3), f32(2, 3), f32(3), f32(4), f32(3)], .shape, "f32(4)"),
    Misfit(
      .batchNormBackward(BatchNormAttributes()), [f32(2, 3, 1), f32(2, 3, 1), f32(3), f32(3), f32(3)], .shape,
      "(2, 3, 1)"),
    Misfit(
      .batchNormBackward(BatchNormAttributes(relu: true)), [f32(2, 3), f32(2, 3), f32(3), f32(4), f32(3), f32(3)],
      .shape, "f32(4)"),
    Misfit(.batchNormBackward(BatchNormAttributes(relu: true)), [f32(2, 3), f32(2, 3)], .invariant, "6", "2"),
  ]
}
