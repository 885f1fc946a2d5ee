import TensorCore

/// Checks of the operations that move elements or repeat them.
extension OperandCheck {
  /// x (N, C, H, W) → (N, H·W, C).
  func toSequence() throws(GraphError) -> TensorType {
    try operandCount(1...1)
    try rank(0, 4)
    let x = types[0].shape
    return TensorType(types[0].dtype, [x[0], x[2] * x[3], x[1]])
  }

  /// (N, H·W, C) → the stated (N, C, H, W).
  func fromSequence() throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let x = try statedShape()
    guard x.rank == 4 else { throw mismatch(x) }
    try gradient(0, of: x, isMadeFrom: [x[0], x[2] * x[3], x[1]])
    return TensorType(types[0].dtype, x)
  }

  /// Any shape of as many elements; ranks of 3 or less, because rank 4 lies channels last.
  func reshape() throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let shape = try statedShape()
    guard shape.count == types[0].shape.count, shape.rank <= 3, types[0].shape.rank <= 3 else { throw mismatch(shape) }
    return TensorType(types[0].dtype, shape)
  }

  /// Equal types, or a second operand that has the trailing extents of the first.
  func add() throws(GraphError) -> TensorType {
    try operandCount(2...2)
    let (x, y) = (types[0].shape, types[1].shape)
    if x.rank > y.rank, x.rank <= 3, y.rank >= 1, Array(x.dimensions.suffix(y.rank)) == y.dimensions {
      try sameFormat(types[...])
    } else {
      try sameType(0, 1)
    }
    return types[0]
  }

  /// dy → the stated trailing extents, or the last one; of rank 4 the channels.
  func columnSum() throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let dy = types[0].shape
    guard dy.rank >= 2 else { throw GraphError(.shape, layer: layer, "column_sum expects rank 2 or more, found \(dy)") }
    if dy.rank == 4 { return TensorType(types[0].dtype, [dy[1]]) }
    let result = resultShape ?? [dy[dy.rank - 1]]
    // Leading extents of 1 come from `expand`.
    let trailing = Array(result.dimensions.drop { $0 == 1 })
    guard result.rank <= dy.rank, Array(dy.dimensions.suffix(trailing.count)) == trailing, result.count > 0 else {
      throw mismatch(result)
    }
    return TensorType(types[0].dtype, result)
  }

  /// Tensors that agree in all extents but one.
  func concat(_ dimension: Int) throws(GraphError) -> TensorType {
    guard let first = types.first?.shape, types.count >= 2 else {
      throw GraphError(.shape, layer: layer, "cat expects two tensors or more, found \(typesText)")
    }
    try movable(dimension, first)
    try sameFormat(types[...])
    var result = first.dimensions
    result[dimension] = 0
    for type in types {
      var others = type.shape.dimensions
      guard others.count == first.rank else { throw unequal(dimension) }
      result[dimension] += others[dimension]
      others[dimension] = first[dimension]
      guard others == first.dimensions else { throw unequal(dimension) }
    }
    return TensorType(types[0].dtype, Shape(result))
  }

  private func unequal(_ dimension: Int) -> GraphError {
    GraphError(
      .shape, layer: layer, "cat expects tensors that differ in dimension \(dimension) only, found \(typesText)")
  }

  func slice(_ dimension: Int, _ start: Int, _ count: Int) throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let x = types[0].shape
    try movable(dimension, x)
    guard start >= 0, count >= 1, start + count <= x[dimension] else {
      throw GraphError(
        .shape, layer: layer,
        "slice takes \(count) places from \(start) on of dimension \(dimension), which has \(x[dimension]) in \(x)")
    }
    var result = x.dimensions
    result[dimension] = count
    return TensorType(types[0].dtype, Shape(result))
  }

  /// dy → the stated shape, of which dy is a slice.
  func sliceBackward(_ dimension: Int, _ start: Int) throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let x = try statedShape()
    let dy = types[0].shape
    guard dy.rank == x.rank, dy.dimensions.indices.contains(dimension) else { throw mismatch(x) }
    let whole = OperandCheck(
      operation: operation, types: [TensorType(types[0].dtype, x)], layer: layer, resultShape: nil)
    guard try whole.slice(dimension, start, dy[dimension]) == types[0] else { throw mismatch(x) }
    return TensorType(types[0].dtype, x)
  }

  /// Rank 4 lies channels last: its first two dimensions can be cut in blocks, height and width cannot.
  private func movable(_ dimension: Int, _ shape: Shape) throws(GraphError) {
    guard shape.dimensions.indices.contains(dimension), shape.rank < 4 || dimension <= 1 else {
      throw GraphError(
        .attribute, layer: layer,
        "\(operation.name): dimension \(dimension) of \(shape) cannot be cut; batch and channels of images can")
    }
  }

  /// (1, …) → (N, …).
  func expand(_ count: Int) throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let x = types[0].shape
    guard x.rank >= 1, x.rank <= 3, x[0] == 1, count >= 1 else {
      throw GraphError(
        .shape, layer: layer, "expand takes (1, …) of rank 3 or less at least once, found \(x) \(count) times")
    }
    return TensorType(types[0].dtype, Shape([count] + x.dimensions.dropFirst()))
  }

  func upsample(_ attributes: UpsampleAttributes) throws(GraphError) -> TensorType {
    try operandCount(1...1)
    try rank(0, 4)
    let x = types[0].shape
    guard attributes.scale >= 1 else {
      throw GraphError(
        .attribute, layer: layer, "\(operation.name): the scale is at least 1, found \(attributes.scale)")
    }
    return TensorType(types[0].dtype, [x[0], x[1], x[2] * attributes.scale, x[3] * attributes.scale])
  }

  func upsampleBackward(_ attributes: UpsampleAttributes) throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let x = try statedShape()
    let whole = OperandCheck(
      operation: operation, types: [TensorType(types[0].dtype, x)], layer: layer, resultShape: nil)
    guard try whole.upsample(attributes) == types[0] else { throw mismatch(x) }
    return TensorType(types[0].dtype, x)
  }

  /// x (N, I, H, W), weight (I, O, KH, KW), [bias (O)].
  func transposedConvolution(_ attributes: ConvolutionAttributes) throws(GraphError) -> TensorType {
    try operandCount(2...3)
    try rank(0, 4)
    try rank(1, 4)
    try sameFormat(types[...])
    let (x, weight) = (types[0].shape, types[1].shape)
    guard x[1] == weight[0] else {
      throw GraphError(
        .shape, layer: layer, "\(operation.name) expects \(weight[0]) input channels (weight \(weight)), found x \(x)")
    }
    if types.count == 3, types[2].shape != [weight[1]] {
      throw GraphError(
        .shape, layer: layer,
        "\(operation.name) with weight \(weight) expects bias (\(weight[1])), found \(types[2].shape)")
    }
    try window(attributes.kernel, attributes.stride, attributes.padding)
    let size = (0..<2).map { (axis: Int) in
      (x[axis + 2] - 1) * attributes.stride[axis] - 2 * attributes.padding[axis] + attributes.kernel[axis]
    }
    guard size.allSatisfy({ $0 >= 1 }) else {
      throw GraphError(
        .attribute, layer: layer, "\(operation.name) (\(operation.attributesText)) leaves nothing of x \(x)")
    }
    let result: Shape = [x[0], weight[1], size[0], size[1]]
    // The weight has to have the kernel of the convolution that leads back.
    _ = try convolutionOutputSize(result, weight, attributes)
    return TensorType(types[0].dtype, result)
  }
}
