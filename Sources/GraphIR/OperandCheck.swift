import TensorCore

/// Checks operands of one operation and derives result types; every failure names the layer and both shapes.
struct OperandCheck {
  let operation: Operation
  let types: [TensorType]
  let layer: String
  let resultShape: Shape?

  var typesText: String { types.map(\.description).joined(separator: ", ") }

  func operandCount(_ range: ClosedRange<Int>) throws(GraphError) {
    guard range.contains(types.count) else {
      throw GraphError(
        .invariant, layer: layer,
        "\(operation.name) takes \(range.lowerBound) to \(range.upperBound) operands, found "
          + "\(types.count)")
    }
  }

  func rank(_ operand: Int, _ rank: Int) throws(GraphError) {
    guard operand < types.count, types[operand].shape.rank == rank else {
      throw GraphError(.shape, layer: layer, "\(operation.name) expects rank \(rank), found \(typesText)")
    }
  }

  func sameType(_ a: Int, _ b: Int) throws(GraphError) {
    guard max(a, b) < types.count, types[a].shape == types[b].shape else {
      throw GraphError(.shape, layer: layer, "\(operation.name) expects equal shapes, found \(typesText)")
    }
    guard types[a].dtype == types[b].dtype else {
      throw GraphError(.dtype, layer: layer, "\(operation.name) expects equal formats, found \(typesText)")
    }
  }

  func statedShape() throws(GraphError) -> Shape {
    guard let resultShape else {
      throw GraphError(.invariant, layer: layer, "\(operation.name) needs its result shape stated")
    }
    return resultShape
  }

  func sameFormat(_ operands: ArraySlice<TensorType>) throws(GraphError) {
    guard let first = operands.first, operands.allSatisfy({ $0.dtype == first.dtype }) else {
      throw GraphError(.dtype, layer: layer, "\(operation.name) expects equal formats, found \(typesText)")
    }
  }

  /// x (N, in), weight (out, in), [bias (out)].
  func linear() throws(GraphError) -> TensorType {
    try operandCount(2...3)
    try rank(0, 2)
    try rank(1, 2)
    let (x, weight) = (types[0].shape, types[1].shape)
    guard x[1] == weight[1] else {
      throw GraphError(
        .shape, layer: layer, "linear expects \(weight[1]) input features (weight \(weight)), found x \(x)")
    }
    if types.count == 3, types[2].shape != [weight[0]] {
      throw GraphError(
        .shape, layer: layer,
        "linear with weight \(weight) expects bias (\(weight[0])), found "
          + "\(types[2].shape)")
    }
    try sameFormat(types[...])
    return TensorType(types[0].dtype, [x[0], weight[0]])
  }

  /// Both of rank 2, or both of rank 3 with equal first extents.
  func matmul(_ transposeA: Bool, _ transposeB: Bool) throws(GraphError) -> TensorType {
    try operandCount(2...2)
    let (first, second) = (types[0].shape, types[1].shape)
    guard first.rank == second.rank, first.rank == 2 || first.rank == 3,
      first.rank == 2 || first[0] == second[0]
    else {
      throw GraphError(
        .shape, layer: layer, "matmul expects two matrices, or two equal batches of them, found \(typesText)")
    }
    try sameFormat(types[...])
    let (a, b) = (first.dimensions.suffix(2).map { $0 }, second.dimensions.suffix(2).map { $0 })
    let (m, k) = transposeA ? (a[1], a[0]) : (a[0], a[1])
    let (k2, n) = transposeB ? (b[1], b[0]) : (b[0], b[1])
    guard k == k2 else {
      throw GraphError(
        .shape, layer: layer,
        "matmul expects equal inner extents, found \(k) of \(first) and \(k2) of \(second)")
    }
    return TensorType(types[0].dtype, Shape(first.dimensions.dropLast(2) + [m, n]))
  }

  /// x (N, C, H, W), weight (O, C, KH, KW), [bias (O)].
  func convolution(_ attributes: ConvolutionAttributes) throws(GraphError) -> TensorType {
    try operandCount(2...3)
    try rank(0, 4)
    try rank(1, 4)
    let (x, weight) = (types[0].shape, types[1].shape)
    guard x[1] == weight[1] else {
      throw GraphError(
        .shape, layer: layer, "conv2d expects \(weight[1]) input channels (weight \(weight)), found x \(x)")
    }
    if types.count == 3, types[2].shape != [weight[0]] {
      throw GraphError(
        .shape, layer: layer,
        "conv2d with weight \(weight) expects bias (\(weight[0])), found "
          + "\(types[2].shape)")
    }
    try sameFormat(types[...])
    let size = try convolutionOutputSize(x, weight, attributes)
    return TensorType(types[0].dtype, [x[0], weight[0], size[0], size[1]])
  }

  func pooling(_ attributes: PoolingAttributes) throws(GraphError) -> TensorType {
    try operandCount(1...1)
    try rank(0, 4)
    let size = try poolingOutputSize(types[0].shape, attributes)
    return TensorType(types[0].dtype, [types[0].shape[0], types[0].shape[1], size[0], size[1]])
  }

  /// Output height and width of x (N, C, H, W) under a window.
  func poolingOutputSize(_ x: Shape, _ attributes: PoolingAttributes) throws(GraphError) -> [Int] {
    guard zip(attributes.padding, attributes.kernel).allSatisfy({ $0 * 2 <= $1 }) else {
      throw GraphError(
        .attribute, layer: layer,
        "\(operation.name): padding must be at most half the window, found "
          + operation.attributesText)
    }
    return try outputSize(x, attributes.kernel, attributes.stride, attributes.padding)
  }

  /// Output height and width of x (N, C, H, W) under weight (O, C, KH, KW).
  func convolutionOutputSize(
    _ x: Shape, _ weight: Shape, _ attributes: ConvolutionAttributes
  ) throws(GraphError) -> [Int] {
    let size = try outputSize(x, attributes.kernel, attributes.stride, attributes.padding)
    guard attributes.kernel == Array(weight.dimensions.suffix(2)) else {
      throw GraphError(
        .shape, layer: layer,
        "\(operation.name) (\(operation.attributesText)) expects a weight with that "
          + "kernel, found \(weight)")
    }
    return size
  }

  func window(_ kernel: [Int], _ stride: [Int], _ padding: [Int]) throws(GraphError) {
    guard kernel.count == 2, stride.count == 2, padding.count == 2, (kernel + stride).allSatisfy({ $0 > 0 }),
      padding.allSatisfy({ $0 >= 0 })
    else {
      throw GraphError(
        .attribute, layer: layer,
        "\(operation.name) expects positive kernel and stride and padding of "
          + "0 or more, found \(operation.attributesText)")
    }
  }

  func outputSize(
    _ x: Shape, _ kernel: [Int], _ stride: [Int], _ padding: [Int]
  ) throws(GraphError) -> [Int] {
    try window(kernel, stride, padding)
    guard x.rank == 4, (0..<2).allSatisfy({ x[$0 + 2] + 2 * padding[$0] >= kernel[$0] }) else {
      throw GraphError(
        .shape, layer: layer,
        "\(operation.name): the window (\(operation.attributesText)) is larger "
          + "than the padded input \(x)")
    }
    return (0..<2).map { (x[$0 + 2] + 2 * padding[$0] - kernel[$0]) / stride[$0] + 1 }
  }

  /// Returns the number of channels.
  func batchNorm() throws(GraphError) -> Int {
    try operandCount(5...5)
    let x = types[0].shape
    guard x.rank == 2 || x.rank == 4 else {
      throw GraphError(.shape, layer: layer, "batch_norm expects (N, C) or (N, C, H, W), found \(x)")
    }
    for operand in types[1...] where operand != TensorType(.float32, [x[1]]) {
      throw GraphError(
        .shape, layer: layer,
        "batch_norm of x \(x) expects f32(\(x[1])) weight, bias and statistics, "
          + "found \(operand)")
    }
    return x[1]
  }
}
