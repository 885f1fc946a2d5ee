import GraphIR
import TensorCore
import Testing

private let same3x3 = ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])
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

  static let all: [Fitting] = [
    Fitting(.linear(relu: false), [f32(5, 7), f32(3, 7)], [f32(5, 3)]),
    Fitting(.linear(relu: true), [f32(5, 7), f32(3, 7), f32(3)], [f32(5, 3)]),
    Fitting(.matmul(transposeA: true, transposeB: false), [f32(5, 3), f32(5, 7)], [f32(3, 7)]),
    Fitting(.matmul(transposeA: false, transposeB: true), [f32(5, 3), f32(7, 3)], [f32(5, 7)]),
    // (9 + 2 - 3) / 2 + 1 = 5 rows and (9 - 2) / 1 + 1 = 8 columns.
    Fitting(.conv2d(strided3x2), [f32(2, 3, 9, 9), f32(4, 3, 3, 2), f32(4)], [f32(2, 4, 5, 8)]),
    Fitting(.maxPool2d(pool2x2), [f32(2, 3, 7, 7)], [f32(2, 3, 3, 3), TensorType(.uint8, [2, 3, 3, 3])]),
    Fitting(.maxPool2d(pool16x16), [f32(1, 1, 16, 16)], [f32(1, 1, 1, 1), TensorType(.int32, [1, 1, 1, 1])]),
    Fitting(.avgPool2d(pool2x2), [f32(2, 3, 7, 7)], [f32(2, 3, 3, 3)]),
    Fitting(.globalAveragePool, [f32(2, 3, 7, 7)], [f32(2, 3, 1, 1)]),
    Fitting(
      .batchNorm(BatchNormAttributes()),
      [TensorType(.bfloat16, [2, 3, 5, 5]), f32(3), f32(3), f32(3), f32(3)],
      [TensorType(.bfloat16, [2, 3, 5, 5]), f32(3), f32(3), f32(3), f32(3)]),
    Fitting(.flatten, [f32(2, 3, 7, 7)], [f32(2, 147)]),
    Fitting(.cast(.float16), [f32(2, 3)], [TensorType(.float16, [2, 3])]),
    Fitting(.crossEntropy, [f32(5, 10), TensorType(.int64, [5])], [f32()]),
    Fitting(
      .conv2dBackwardData(strided3x2), [f32(2, 4, 5, 8), f32(4, 3, 3, 2)], stated: [2, 3, 9, 9], [f32(2, 3, 9, 9)]),
    Fitting(
      .conv2dBackwardWeights(strided3x2, bias: true), [f32(2, 3, 9, 9), f32(2, 4, 5, 8)], stated: [4, 3, 3, 2],
      [f32(4, 3, 3, 2), f32(4)]),
    Fitting(.unflatten, [f32(2, 147)], stated: [2, 3, 7, 7], [f32(2, 3, 7, 7)]),
    Fitting(.columnSum, [f32(5, 7)], [f32(7)]),
  ]
}

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

  static let forward: [Misfit] = [
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
    Misfit(.add, [f32(2, 3), f32(3, 2)], .shape, "(2, 3)", "(3, 2)"),
    Misfit(.add, [f32(2, 3), TensorType(.bfloat16, [2, 3])], .dtype, "f32(2, 3)", "bf16(2, 3)"),
    Misfit(.relu, [f32(2), f32(2)], .invariant, "relu", "2"),
    Misfit(.gelu, [], .invariant, "gelu", "0"),
    Misfit(.crossEntropy, [f32(5, 10), TensorType(.int64, [4])], .shape, "(5, 10)", "i64(5)", "i64(4)"),
    Misfit(.crossEntropy, [f32(5, 10), f32(5)], .shape, "i64(5)", "f32(5)"),
    Misfit(
      .crossEntropy, [TensorType(.float16, [5, 10]), TensorType(.int64, [5])], .dtype, "fp32", "f16(5, 10)"),
    Misfit(.cast(.int64), [f32(2)], .dtype, "f32(2)", "i64"),
    Misfit(.cast(.float16), [TensorType(.int64, [2])], .dtype, "i64(2)", "f16"),
  ]

  static let backward: [Misfit] = [
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
    Misfit(.batchNormBackward(BatchNormAttributes(relu: true)), [f32(2, 3), f32(2, 3)], .invariant, "6", "2"),
    Misfit(.columnSum, [f32(5)], .shape, "rank 2", "(5)"),
    Misfit(
      .crossEntropyBackward, [f32(5, 10), TensorType(.int64, [4])], .shape, "(5, 10)", "i64(5)", "i64(4)"),
    Misfit(
      .commit(
        CommitAttributes(
          optimizer: .sgd(momentum: 0, weightDecay: 0), parameters: ["w"], copies: [nil], statistics: [])),
      [f32()], .invariant, "2", "1"),
    Misfit(
      .commit(
        CommitAttributes(optimizer: .sgd(momentum: 0, weightDecay: 0), parameters: [], copies: [], statistics: [])),
      [f32(5)], .shape, "loss", "f32(5)"),
  ]
}

@Suite("Type inference")
struct TypeInferenceTests {
  @Test("derives the types of results", arguments: Fitting.all)
  func results(of fitting: Fitting) throws {
    let graph = try graph(of: fitting.operation, on: fitting.operands, resultShape: fitting.resultShape)
    try graph.verify()
    let node = try #require(graph.nodes.first)
    #expect(node.outputs.map { graph[$0].type } == fitting.results)
  }

  @Test("refuses operands that do not fit, naming the layer and what was found", arguments: Misfit.forward)
  func forward(_ misfit: Misfit) { expectRefusal(misfit) }

  @Test("refuses gradients that do not fit their forward operation", arguments: Misfit.backward)
  func backward(_ misfit: Misfit) { expectRefusal(misfit) }

  private func expectRefusal(_ misfit: Misfit) {
    let error = #expect(throws: GraphError.self) {
      try graph(of: misfit.operation, on: misfit.operands, resultShape: misfit.resultShape)
    }
    #expect(error?.code == misfit.code)
    #expect(error?.layer == "features.0")
    #expect(error?.description.hasPrefix("layer features.0: ") == true)
    for mention in misfit.mentions {
      #expect(error?.message.contains(mention) == true, "\"\(error?.message ?? "")\" does not mention \"\(mention)\"")
    }
  }
}
