import GraphIR
import TensorCore
import Testing

private let strided3x2 = ConvolutionAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 0])
private let pool2x2 = PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
private let pool16x16 = PoolingAttributes(kernel: [16, 16], stride: [16, 16], padding: [0, 0])

/// An operation with operands that fit, and the types of its results.
struct Fitting: Sendable, CustomTestStringConvertible {
  var operation: GraphIR.Operation
  var operands: [TensorType]
  var resultShape: Shape?
  var results: [TensorType]

  init(_ operation: GraphIR.Operation, _ operands: [TensorType], stated: Shape? = nil, _ results: [TensorType]) {
    (self.operation, self.operands, self.resultShape, self.results) = (operation, operands, stated, results)
  }

  var testDescription: String { "\(operation.name)(\(operands.map(\.description).joined(separator: ", ")))" }

  static let all: [Fitting] = images + sequences + shapes + losses + gradients

  private static let images: [Fitting] = [
    Fitting(.linear(relu: false), [f32(5, 7), f32(3, 7)], [f32(5, 3)]),
    Fitting(.linear(relu: true), [f32(5, 7), f32(3, 7), f32(3)], [f32(5, 3)]),
    Fitting(.matmul(transposeA: true, transposeB: false), [f32(5, 3), f32(5, 7)], [f32(3, 7)]),
    Fitting(.matmul(transposeA: false, transposeB: true), [f32(5, 3), f32(7, 3)], [f32(5, 7)]),
    // (9 + 2 - 3) / 2 + 1 = 5 rows and (9 - 2) / 1 + 1 = 8 columns.
    Fitting(.conv2d(strided3x2), [f32(2, 3, 9, 9), f32(4, 3, 3, 2), f32(4)], [f32(2, 4, 5, 8)]),
    // (4 - 1) 2 - 2 + 3 = 7 rows and (3 - 1) + 2 = 4 columns.
    Fitting(.convTranspose2d(strided3x2), [f32(2, 3, 4, 3), f32(3, 5, 3, 2), f32(5)], [f32(2, 5, 7, 4)]),
    Fitting(.upsample2d(UpsampleAttributes(scale: 3, mode: .nearest)), [f32(2, 3, 4, 5)], [f32(2, 3, 12, 15)]),
    Fitting(.maxPool2d(pool2x2), [f32(2, 3, 7, 7)], [f32(2, 3, 3, 3), TensorType(.uint8, [2, 3, 3, 3])]),
    Fitting(.maxPool2d(pool16x16), [f32(1, 1, 16, 16)], [f32(1, 1, 1, 1), TensorType(.int32, [1, 1, 1, 1])]),
    Fitting(.avgPool2d(pool2x2), [f32(2, 3, 7, 7)], [f32(2, 3, 3, 3)]),
    Fitting(.globalAveragePool, [f32(2, 3, 7, 7)], [f32(2, 3, 1, 1)]),
    Fitting(
      .batchNorm(BatchNormAttributes()),
      [TensorType(.bfloat16, [2, 3, 5, 5]), f32(3), f32(3), f32(3), f32(3)],
      [TensorType(.bfloat16, [2, 3, 5, 5]), f32(3), f32(3), f32(3), f32(3)]),
    Fitting(.flatten, [f32(2, 3, 7, 7)], [f32(2, 147)]),
    Fitting(.silu, [bf16(2, 3)], [bf16(2, 3)]),
    Fitting(.cast(.float16), [f32(2, 3)], [TensorType(.float16, [2, 3])]),
  ]

  private static let sequences: [Fitting] = [
    Fitting(.matmul(transposeA: false, transposeB: true), [f32(4, 5, 3), f32(4, 7, 3)], [f32(4, 5, 7)]),
    Fitting(.matmul(transposeA: true, transposeB: false), [f32(4, 3, 5), f32(4, 3, 7)], [f32(4, 5, 7)]),
    Fitting(
      .attention(AttentionAttributes(heads: 2, isCausal: true)), [bf16(3, 5, 24)], [bf16(3, 5, 8), f32(3, 2, 5)]),
    Fitting(
      .lstm, [f32(3, 5, 7), f32(8, 7), f32(8, 2), f32(8), f32(8)], [f32(3, 5, 2), f32(3, 5, 8), f32(3, 5, 2)]),
    Fitting(.layerNorm(eps: 1e-5), [f32(3, 5, 7), f32(7), f32(7)], [f32(3, 5, 7), f32(3, 5), f32(3, 5)]),
    Fitting(.layerNorm(eps: 1e-5), [bf16(3, 7), f32(7), f32(7)], [bf16(3, 7), f32(3), f32(3)]),
    Fitting(.embedding, [f32(11, 4), i64(3, 5)], [f32(3, 5, 4)]),
    Fitting(.embedding, [bf16(11, 4), i64(3)], [bf16(3, 4)]),
    Fitting(.gather, [f32(3, 5, 4), i64(3, 2)], [f32(3, 2, 4)]),
  ]

  private static let shapes: [Fitting] = [
    Fitting(.toSequence, [f32(2, 3, 4, 5)], [f32(2, 20, 3)]),
    Fitting(.reshape, [f32(2, 20, 3)], stated: [40, 3], [f32(40, 3)]),
    Fitting(.add, [f32(2, 20, 3), f32(20, 3)], [f32(2, 20, 3)]),
    Fitting(.add, [f32(2, 3), f32(3)], [f32(2, 3)]),
    Fitting(.add, [f32(2, 3, 4, 5), f32(2, 3, 4, 5)], [f32(2, 3, 4, 5)]),
    Fitting(.multiply, [f32(2, 3, 4, 5), f32(2, 3, 4, 5)], [f32(2, 3, 4, 5)]),
    Fitting(.concat(dimension: 1), [f32(2, 3, 4, 5), f32(2, 1, 4, 5), f32(2, 2, 4, 5)], [f32(2, 6, 4, 5)]),
    Fitting(.concat(dimension: 2), [f32(2, 3, 4), f32(2, 3, 1)], [f32(2, 3, 5)]),
    Fitting(.slice(dimension: 1, start: 2, count: 3), [f32(2, 5, 4)], [f32(2, 3, 4)]),
    Fitting(.slice(dimension: 0, start: 1, count: 1), [f32(2, 5, 4, 3)], [f32(1, 5, 4, 3)]),
    Fitting(.expand(count: 6), [f32(1, 5, 4)], [f32(6, 5, 4)]),
  ]

  private static let losses: [Fitting] = [
    Fitting(.crossEntropy, [f32(5, 10), i64(5)], [f32()]),
    Fitting(.crossEntropy, [f32(5, 3, 10), i64(5, 3)], [f32()]),
    Fitting(.crossEntropy, [f32(5, 10, 3, 4), i64(5, 3, 4)], [f32()]),
    Fitting(.crossEntropyBackward, [f32(5, 10, 3, 4), i64(5, 3, 4)], [f32(5, 10, 3, 4)]),
    Fitting(.bceWithLogits, [f32(5), f32(5)], [f32()]),
    Fitting(.bceWithLogitsBackward, [f32(5, 1, 3, 4), f32(5, 1, 3, 4)], [f32(5, 1, 3, 4)]),
    Fitting(.binaryCrossEntropy, [f32(5, 1), f32(5, 1)], [f32()]),
    Fitting(.meanSquaredError, [f32(5, 3, 2), f32(5, 3, 2)], [f32()]),
    Fitting(.accumulateLoss(count: 3), [f32()], [f32()]),
    Fitting(.accumulate, [bf16(4, 3)], [f32(4, 3)]),
    Fitting(.unscale, [bf16(4, 3), f32(2, 3, 3, 3), f32(1)], [f32(GradientVerdict.count)]),
  ]

  private static let gradients: [Fitting] = [
    Fitting(
      .conv2dBackwardData(strided3x2), [f32(2, 4, 5, 8), f32(4, 3, 3, 2)], stated: [2, 3, 9, 9], [f32(2, 3, 9, 9)]),
    Fitting(
      .conv2dBackwardWeights(strided3x2, bias: true), [f32(2, 3, 9, 9), f32(2, 4, 5, 8)], stated: [4, 3, 3, 2],
      [f32(4, 3, 3, 2), f32(4)]),
    Fitting(
      .maxPool2dBackward(pool2x2), [f32(2, 3, 3, 3), TensorType(.uint8, [2, 3, 3, 3])], stated: [2, 3, 7, 7],
      [f32(2, 3, 7, 7)]),
    Fitting(.avgPool2dBackward(pool2x2), [f32(2, 3, 3, 3)], stated: [2, 3, 7, 7], [f32(2, 3, 7, 7)]),
    Fitting(.globalAveragePoolBackward, [f32(2, 3, 1, 1)], stated: [2, 3, 7, 7], [f32(2, 3, 7, 7)]),
    Fitting(
      .batchNormBackward(BatchNormAttributes(relu: true)),
      [bf16(2, 3, 5, 5), bf16(2, 3, 5, 5), f32(3), f32(3), f32(3), f32(3)],
      [bf16(2, 3, 5, 5), f32(3), f32(3)]),
    Fitting(.siluBackward, [bf16(2, 3), bf16(2, 3)], [bf16(2, 3)]),
    Fitting(.unflatten, [f32(2, 147)], stated: [2, 3, 7, 7], [f32(2, 3, 7, 7)]),
    Fitting(.columnSum, [f32(5, 7)], [f32(7)]),
    Fitting(.columnSum, [f32(2, 5, 7)], stated: [5, 7], [f32(5, 7)]),
    Fitting(.columnSum, [f32(2, 5, 7)], stated: [1, 5, 7], [f32(1, 5, 7)]),
    Fitting(.columnSum, [f32(2, 3, 4, 5)], stated: [3], [f32(3)]),
    Fitting(.fromSequence, [f32(2, 20, 3)], stated: [2, 3, 4, 5], [f32(2, 3, 4, 5)]),
    Fitting(.sliceBackward(dimension: 1, start: 2), [f32(2, 3, 4)], stated: [2, 5, 4], [f32(2, 5, 4)]),
    Fitting(
      .upsample2dBackward(UpsampleAttributes(scale: 2, mode: .bilinear)), [f32(2, 3, 8, 10)], stated: [2, 3, 4, 5],
      [f32(2, 3, 4, 5)]),
    Fitting(.embeddingBackward, [f32(3, 5, 4), i64(3, 5)], stated: [11, 4], [f32(11, 4)]),
    Fitting(.gatherBackward, [f32(3, 2, 4), i64(3, 2)], stated: [3, 5, 4], [f32(3, 5, 4)]),
    Fitting(
      .layerNormBackward, [f32(3, 5, 7), f32(3, 5, 7), f32(7), f32(3, 5), f32(3, 5)],
      [f32(3, 5, 7), f32(7), f32(7)]),
    Fitting(
      .attentionBackward(AttentionAttributes(heads: 2, isCausal: false)),
      [bf16(3, 5, 8), bf16(3, 5, 24), bf16(3, 5, 8), f32(3, 2, 5)], [bf16(3, 5, 24)]),
    Fitting(
      .lstmBackward, [f32(3, 5, 2), f32(3, 5, 7), f32(8, 7), f32(8, 2), f32(3, 5, 2), f32(3, 5, 8), f32(3, 5, 2)],
      [f32(3, 5, 7), f32(8, 7), f32(8, 2), f32(8), f32(3, 5, 8)]),
  ]
}
