import GraphIR
import TensorCore

extension OperationCase {
  private static let same3x3 = ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])
  private static let strided = ConvolutionAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 0])
  private static let pointwise = ConvolutionAttributes(kernel: [1, 1], stride: [1, 1], padding: [0, 0])
  private static let patches = ConvolutionAttributes(kernel: [4, 2], stride: [4, 2], padding: [0, 0])
  private static let halving3x3 = ConvolutionAttributes(kernel: [3, 3], stride: [2, 2], padding: [1, 1])
  private static let sparse2x2 = ConvolutionAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
  private static let sparse = ConvolutionAttributes(kernel: [1, 1], stride: [2, 2], padding: [0, 0])
  private static let doubling = ConvolutionAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
  private static let pool2x2 = PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
  private static let overlapping = PoolingAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 1])
  private static let wide = PoolingAttributes(kernel: [16, 16], stride: [3, 2], padding: [8, 0])

  /// Every operation, with odd extents, one channel, and windows that overlap.
  static let all: [OperationCase] =
    products + convolutions + poolings + normalizations + elementwise + sequences + tables + shapes + losses + endOfStep

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
    // Rows of 8 KiB in fp32: 64 of them fill the share of a cache, and some are left over.
    OperationCase(
      "linear, long rows", .linear(relu: true), [.activation([100, 2000]), .plain([5, 2000]), .plain([5])]),
    OperationCase(
      "matmul, A transposed, long rows", .matmul(transposeA: true, transposeB: false),
      [.activation([100, 2000]), .activation([100, 5])]),
    // Each member of a team sums its own rows.
    OperationCase(
      "matmul, A transposed, many rows", .matmul(transposeA: true, transposeB: false),
      [.activation([401, 65]), .activation([401, 33])]),
    batched("batch of", false, false), batched("batch of, A transposed", true, false),
    batched("batch of, B transposed", false, true), batched("batch of, both transposed", true, true),
    OperationCase(
      "matmul, batch of, one column", .matmul(transposeA: false, transposeB: false),
      [.activation([4, 1, 9]), .activation([4, 9, 1])]),
    OperationCase("column sum", .columnSum, [.activation([67, 5])]),
    OperationCase("column sum, one column", .columnSum, [.activation([67, 1])]),
    OperationCase("column sum of sequences", .columnSum, [.activation([3, 5, 7])]),
    OperationCase("column sum of matrices", .columnSum, [.activation([9, 5, 7])], stated: [5, 7]),
    OperationCase("column sum of copies", .columnSum, [.activation([9, 5, 7])], stated: [1, 5, 7]),
    OperationCase("column sum of images", .columnSum, [.activation([3, 5, 7, 3])], stated: [5]),
  ]

  private static func batched(_ name: String, _ transposeA: Bool, _ transposeB: Bool) -> OperationCase {
    OperationCase(
      "matmul, \(name)", .matmul(transposeA: transposeA, transposeB: transposeB),
      [.activation(transposeA ? [3, 9, 5] : [3, 5, 9]), .activation(transposeB ? [3, 7, 9] : [3, 9, 7])])
  }

  private static let convolutions: [OperationCase] =
    convolution("3x3", same3x3, x: [2, 3, 5, 7], weight: [4, 3, 3, 3], y: [2, 4, 5, 7])
    + convolution("one channel", same3x3, x: [3, 1, 5, 5], weight: [5, 1, 3, 3], y: [3, 5, 5, 5])
    + convolution("strided", strided, x: [2, 3, 7, 5], weight: [5, 3, 3, 2], y: [2, 5, 4, 4])
    + convolution("1x1", pointwise, x: [1, 7, 3, 3], weight: [16, 7, 1, 1], y: [1, 16, 3, 3])
    + convolution("one channel, strided", strided, x: [3, 1, 7, 5], weight: [5, 1, 3, 2], y: [3, 5, 4, 4])
    + convolution("patches", patches, x: [5, 2, 8, 6], weight: [7, 2, 4, 2], y: [5, 7, 2, 3])
    + convolution("1x1, many pixels", pointwise, x: [3, 40, 20, 20], weight: [33, 40, 1, 1], y: [3, 33, 20, 20])
    + convolution("1x1, strided", sparse, x: [3, 5, 7, 4], weight: [4, 5, 1, 1], y: [3, 4, 4, 2])
    + convolution("1x1, strided, many channels", sparse, x: [3, 67, 3, 2], weight: [5, 67, 1, 1], y: [3, 5, 2, 1])
    + convolution("1x1, strided, of one place", sparse, x: [3, 5, 2, 2], weight: [4, 5, 1, 1], y: [3, 4, 1, 1])
    + convolution("one pixel", same3x3, x: [5, 6, 1, 1], weight: [4, 6, 3, 3], y: [5, 4, 1, 1])
    + convolution("two pixels", same3x3, x: [3, 5, 1, 2], weight: [4, 5, 3, 3], y: [3, 4, 1, 2])
    + convolution("four pixels", same3x3, x: [3, 5, 2, 2], weight: [4, 5, 3, 3], y: [3, 4, 2, 2])
    + convolution("four pixels, strided", halving3x3, x: [5, 3, 2, 2], weight: [4, 3, 3, 3], y: [5, 4, 1, 1])
    + convolution("one window, some lines", sparse2x2, x: [3, 2, 3, 2], weight: [5, 2, 2, 2], y: [3, 5, 1, 1])
    + convolution("one window, part of lines", sparse2x2, x: [3, 2, 3, 3], weight: [5, 2, 2, 2], y: [3, 5, 1, 1])
    + [
      // Windows of 220 KiB in fp32: two samples fill the share of a cache, and one is left over.
      OperationCase(
        "conv2d, dweight of large pictures", .conv2dBackwardWeights(same3x3, bias: false),
        [.activation([3, 8, 28, 28]), .activation([3, 2, 28, 28])], stated: [2, 8, 3, 3])
    ]
    + transposed("2x2", doubling, x: [2, 5, 3, 4], weight: [5, 3, 2, 2])
    + transposed("strided", strided, x: [2, 3, 3, 4], weight: [3, 7, 3, 2])
    + transposed("one channel", same3x3, x: [1, 1, 5, 3], weight: [1, 1, 3, 3])

  private static func transposed(
    _ name: String, _ a: ConvolutionAttributes, x: Shape, weight: Shape
  ) -> [OperationCase] {
    [
      OperationCase("conv_transpose2d \(name)", .convTranspose2d(a), [.activation(x), .plain(weight)]),
      OperationCase(
        "conv_transpose2d \(name), bias", .convTranspose2d(a), [.activation(x), .plain(weight), .plain([weight[1]])]
      ).roundingInside,
    ]
  }

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
        .activation(shape), .vector([channels]), .vector([channels]), .vector([channels]), .positive([channels]),
      ]
      let gradient: [Operand] =
        [.activation(shape), .activation(shape)]
        + Array(repeating: .vector([channels]), count: relu ? 3 : 2) + [.positive([channels])]
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
        OperationCase("relu \(shape)", .relu, one), OperationCase("relu \(shape), dx", .reluBackward, two),
        OperationCase("gelu \(shape)", .gelu, one), OperationCase("gelu \(shape), dx", .geluBackward, two),
        OperationCase("sigmoid \(shape)", .sigmoid, one),
        OperationCase("sigmoid \(shape), dx", .sigmoidBackward, two),
        OperationCase("tanh \(shape)", .tanh, one), OperationCase("tanh \(shape), dx", .tanhBackward, two),
        OperationCase("silu \(shape)", .silu, one), OperationCase("silu \(shape), dx", .siluBackward, two),
        OperationCase("add \(shape)", .add, two), OperationCase("mul \(shape)", .multiply, two),
        OperationCase("dropout \(shape)", .dropout(probability: 0.3, stream: 3), one),
        OperationCase("flatten \(shape)", .flatten, one),
        OperationCase("to fp16 \(shape)", .cast(.float16), one),
        OperationCase("to bf16 \(shape)", .cast(.bfloat16), one),
        OperationCase("to fp32 \(shape)", .cast(.float32), one),
      ]
    }
}
