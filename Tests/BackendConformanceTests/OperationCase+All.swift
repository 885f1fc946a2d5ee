import GraphIR
import TensorCore

extension OperationCase {
  private static let same3x3 = ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])
  private static let strided = ConvolutionAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 0])
  private static let pointwise = ConvolutionAttributes(kernel: [1, 1], stride: [1, 1], padding: [0, 0])
  private static let pool2x2 = PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
  private static let overlapping = PoolingAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 1])
  private static let wide = PoolingAttributes(kernel: [16, 16], stride: [3, 2], padding: [8, 0])

  /// Every operation, with odd extents, one channel, and windows that overlap.
  static let all: [OperationCase] =
    products + convolutions + poolings + normalizations + elementwise + losses

  private static let products: [OperationCase] = [
    OperationCase("linear", .linear(relu: false), [.activation([5, 7]), .plain([3, 7])]),
    OperationCase("linear, bias", .linear(relu: false), [.activation([33, 65]), .plain([17, 65]), .plain([17])]),
    OperationCase("linear, bias, relu", .linear(relu: true), [.activation([5, 7]), .plain([3, 7]), .plain([3])]),
    OperationCase("linear, one row", .linear(relu: false), [.activation([1, 9]), .plain([1, 9]), .plain([1])]),
    OperationCase(
      "matmul", .matmul(transposeA: false, transposeB: false), [.activation([5, 3]), .plain([3, 7])]),
    OperationCase(
      "matmul, A transposed", .matmul(transposeA: true, transposeB: false),
      [.activation([33, 5]), .activation([33, 9])]),
    OperationCase(
      "matmul, B transposed", .matmul(transposeA: false, transposeB: true), [.activation([5, 3]), .plain([7, 3])]),
    OperationCase("column sum", .columnSum, [.activation([67, 5])]),
  ]

  private static let convolutions: [OperationCase] =
    convolution("3x3", same3x3, x: [2, 3, 5, 7], weight: [4, 3, 3, 3], y: [2, 4, 5, 7])
    + convolution("one channel", same3x3, x: [3, 1, 5, 5], weight: [5, 1, 3, 3], y: [3, 5, 5, 5])
    + convolution("strided", strided, x: [2, 3, 7, 5], weight: [5, 3, 3, 2], y: [2, 5, 4, 4])
    + convolution("1x1", pointwise, x: [1, 7, 3, 3], weight: [16, 7, 1, 1], y: [1, 16, 3, 3])

  private static func convolution(
    _ name: String, _ a: ConvolutionAttributes, x: Shape, weight: Shape, y: Shape
  ) -> [OperationCase] {
    [
      OperationCase("conv2d \(name)", .conv2d(a), [.activation(x), .plain(weight)]),
      OperationCase("conv2d \(name), bias", .conv2d(a), [.activation(x), .plain(weight), .plain([weight[0]])]),
      OperationCase(
        "conv2d \(name), dx", .conv2dBackwardData(a), [.activation(y), .plain(weight)], stated: x),
      OperationCase(
        "conv2d \(name), dweight", .conv2dBackwardWeights(a, bias: false), [.activation(x), .activation(y)],
        stated: weight),
      OperationCase(
        "conv2d \(name), dweight, dbias", .conv2dBackwardWeights(a, bias: true), [.activation(x), .activation(y)],
        stated: weight),
    ]
  }

  private static let poolings: [OperationCase] = [
    OperationCase("max pool 2x2", .maxPool2d(pool2x2), [.activation([2, 3, 7, 5])])
      .then(
        .maxPool2dBackward(pool2x2), [.activation([2, 3, 3, 2]), .previous(result: 1)], stated: [2, 3, 7, 5]),
    OperationCase("max pool, overlapping", .maxPool2d(overlapping), [.activation([2, 1, 7, 5])])
      .then(
        .maxPool2dBackward(overlapping), [.activation([2, 1, 4, 6]), .previous(result: 1)], stated: [2, 1, 7, 5]),
    // More places in a window than a byte can number.
    OperationCase("max pool, wide", .maxPool2d(wide), [.activation([2, 3, 20, 18])])
      .then(
        .maxPool2dBackward(wide), [.activation([2, 3, 7, 2]), .previous(result: 1)], stated: [2, 3, 20, 18]),
    OperationCase("average pool 2x2", .avgPool2d(pool2x2), [.activation([2, 3, 7, 5])]),
    OperationCase("average pool, overlapping", .avgPool2d(overlapping), [.activation([2, 1, 7, 5])]),
    OperationCase(
      "average pool 2x2, dx", .avgPool2dBackward(pool2x2), [.activation([2, 3, 3, 2])], stated: [2, 3, 7, 5]),
    OperationCase(
      "average pool, overlapping, dx", .avgPool2dBackward(overlapping), [.activation([2, 1, 4, 6])],
      stated: [2, 1, 7, 5]),
    OperationCase("global average pool", .globalAveragePool, [.activation([3, 5, 7, 3])]),
    OperationCase(
      "global average pool, dx", .globalAveragePoolBackward, [.activation([3, 5, 1, 1])], stated: [3, 5, 7, 3]),
  ]

  private static let normalizations: [OperationCase] = [
    Shape([2, 3, 5, 7]), Shape([3, 1, 3, 3]), Shape([9, 17]), Shape([4, 33, 1, 1]),
  ].flatMap { shape in
    [false, true].flatMap { relu in
      let attributes = BatchNormAttributes(relu: relu)
      let channels = shape[1]
      let operands: [Operand] = [
        .activation(shape), .vector(channels), .vector(channels), .vector(channels), .positive(channels),
      ]
      let gradient: [Operand] =
        Array(repeating: .activation(shape), count: relu ? 3 : 2)
        + [.vector(channels), .vector(channels), .positive(channels)]
      let name = "batch norm \(shape)\(relu ? ", relu" : "")"
      return [
        OperationCase(name, .batchNorm(attributes), operands),
        OperationCase("\(name), inference", .batchNormInference(attributes), operands),
        OperationCase("\(name), gradients", .batchNormBackward(attributes), gradient),
      ]
    }
  }

  private static let elementwise: [OperationCase] =
    [Shape([3, 5]), Shape([2, 3, 5, 7]), Shape([5, 67])].flatMap { shape in
      let one: [Operand] = [.activation(shape)]
      let two: [Operand] = [.activation(shape), .activation(shape)]
      return [
        OperationCase("relu \(shape)", .relu, one), OperationCase("gelu \(shape)", .gelu, one),
        OperationCase("add \(shape)", .add, two), OperationCase("relu \(shape), dx", .reluBackward, two),
        OperationCase("gelu \(shape), dx", .geluBackward, two),
        OperationCase("dropout \(shape)", .dropout(probability: 0.3, stream: 3), one),
        OperationCase("flatten \(shape)", .flatten, one),
        OperationCase("to fp16 \(shape)", .cast(.float16), one),
        OperationCase("to bf16 \(shape)", .cast(.bfloat16), one),
        OperationCase("to fp32 \(shape)", .cast(.float32), one),
      ]
    }

  private static let losses: [OperationCase] = [Shape([5, 10]), Shape([1, 3]), Shape([33, 17])].flatMap { shape in
    [
      OperationCase("cross entropy \(shape)", .crossEntropy, [.activation(shape), .labels(shape[0])]).inFloat32,
      OperationCase(
        "cross entropy \(shape), gradient", .crossEntropyBackward, [.activation(shape), .labels(shape[0])]
      ).inFloat32,
    ]
  }
}
