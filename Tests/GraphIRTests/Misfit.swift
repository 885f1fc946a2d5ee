import GraphIR
import TensorCore
import Testing

private let same3x3 = ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])
private let pool2x2 = PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])

/// An operation with operands that do not fit, and what the message has to say.
struct Misfit: Sendable, CustomTestStringConvertible {
  var operation: GraphIR.Operation
  var operands: [TensorType]
  var resultShape: Shape?
  var code: GraphError.Code
  var mentions: [String]

  init(
    _ operation: GraphIR.Operation, _ operands: [TensorType], stated: Shape? = nil, _ code: GraphError.Code,
    _ mentions: String...
  ) {
    (self.operation, self.operands, self.resultShape, self.code) = (operation, operands, stated, code)
    self.mentions = mentions
  }

  var testDescription: String { "\(operation.name)(\(operands.map(\.description).joined(separator: ", ")))" }

  static let all: [Misfit] = images + sequences + shapes + losses + gradients + sequenceGradients + endOfStep

  /// Images and matrices.
  static let images: [Misfit] = [
    Misfit(.linear(relu: false), [f32(5, 7), f32(3, 8)], .shape, "8 input features", "(3, 8)", "(5, 7)"),
    Misfit(.linear(relu: false), [f32(5, 7), f32(3, 7), f32(4)], .shape, "(3, 7)", "(3)", "(4)"),
    Misfit(.linear(relu: false), [f32(5, 7), TensorType(.float16, [3, 7])], .dtype, "f32(5, 7)", "f16(3, 7)"),
    Misfit(.linear(relu: false), [f32(5, 7, 1), f32(3, 7)], .shape, "rank 2", "(5, 7, 1)", "(3, 7)"),
    Misfit(.linear(relu: false), [f32(5, 7)], .invariant, "2 to 3 operands", "1"),
    Misfit(
      .matmul(transposeA: false, transposeB: false), [f32(5, 7), f32(6, 3)], .shape, "7", "6", "(5, 7)", "(6, 3)"),
    Misfit(.conv2d(same3x3), [f32(2, 1, 9, 9), f32(4, 3, 3, 3)], .shape, "3 input channels", "(2, 1, 9, 9)"),
    Misfit(.conv2d(same3x3), [f32(2, 3, 9, 9), f32(4, 3, 5, 5)], .shape, "kernel 3x3", "(4, 3, 5, 5)"),
    Misfit(.conv2d(same3x3), [f32(2, 3, 9, 9), f32(4, 3, 3, 3), f32(3)], .shape, "(4)", "(3)"),
    Misfit(
      .conv2d(ConvolutionAttributes(kernel: [5, 5], stride: [1, 1], padding: [0, 0])),
      [f32(2, 3, 4, 9), f32(4, 3, 5, 5)], .shape, "kernel 5x5", "(2, 3, 4, 9)"),
    Misfit(
      .conv2d(ConvolutionAttributes(kernel: [3, 3], stride: [0, 1], padding: [0, 0])),
      [f32(2, 3, 9, 9), f32(4, 3, 3, 3)], .attribute, "stride 0x1"),
    Misfit(.conv2d(same3x3), [f32(2, 27), f32(4, 3, 3, 3)], .shape, "rank 4", "(2, 27)"),
    Misfit(.maxPool2d(pool2x2), [f32(2, 3, 1, 7)], .shape, "kernel 2x2", "(2, 3, 1, 7)"),
    Misfit(
      .maxPool2d(PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [2, 0])), [f32(2, 3, 7, 7)], .attribute,
      "half the window", "padding 2x0"),
    Misfit(.avgPool2d(pool2x2), [f32(2, 3)], .shape, "rank 4", "(2, 3)"),
    Misfit(.globalAveragePool, [f32(2, 3)], .shape, "rank 4", "(2, 3)"),
    Misfit(
      .batchNorm(BatchNormAttributes()), [f32(2, 3, 5, 5), f32(3), f32(4), f32(3), f32(3)], .shape, "(2, 3, 5, 5)",
      "f32(3)", "f32(4)"),
    Misfit(
      .batchNormInference(BatchNormAttributes()), [f32(2, 3, 5), f32(3), f32(3), f32(3), f32(3)], .shape,
      "(N, C, H, W)", "(2, 3, 5)"),
    Misfit(.dropout(probability: 1, stream: 0), [f32(2, 3)], .attribute, "below 1", "1.0"),
    Misfit(.dropout(probability: .nan, stream: 0), [f32(2, 3)], .attribute, "nan"),
    Misfit(.flatten, [f32(2)], .shape, "rank 2", "(2)"),
    Misfit(.relu, [f32(2), f32(2)], .invariant, "relu", "2"),
    Misfit(.gelu, [], .invariant, "gelu", "0"),
    Misfit(.cast(.int64), [f32(2)], .dtype, "f32(2)", "i64"),
    Misfit(.cast(.float16), [TensorType(.int64, [2])], .dtype, "i64(2)", "f16"),
  ]
}
