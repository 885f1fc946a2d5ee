import TensorCore

/// Checks of the operations that differentiation and the end of a step append. Their result shapes are stated by the
/// pass that appends them; they have to be the shapes whose forward operation gives the operands.
extension OperandCheck {
  /// dy (N, O, OH, OW), weight (O, C, KH, KW) → dx (N, C, H, W).
  func convolutionBackwardData(_ attributes: ConvolutionAttributes) throws(GraphError) -> TensorType {
    try operandCount(2...2)
    try rank(0, 4)
    try rank(1, 4)
    let (weight, dx) = (types[1].shape, try statedShape())
    let size = try convolutionOutputSize(dx, weight, attributes)
    try gradient(0, of: dx, isMadeFrom: [dx[0], weight[0], size[0], size[1]])
    guard dx[1] == weight[1], types[0].dtype == types[1].dtype else { throw mismatch(dx) }
    return TensorType(types[0].dtype, dx)
  }

  /// x (N, C, H, W), dy (N, O, OH, OW) → dweight (O, C, KH, KW), [dbias (O)].
  func convolutionBackwardWeights(
    _ attributes: ConvolutionAttributes, bias: Bool
  ) throws(GraphError) -> [TensorType] {
    try operandCount(2...2)
    try rank(0, 4)
    try rank(1, 4)
    let (x, dweight) = (types[0].shape, try statedShape())
    guard dweight.rank == 4, dweight[1] == x[1], types[0].dtype == types[1].dtype else { throw mismatch(dweight) }
    let size = try convolutionOutputSize(x, dweight, attributes)
    try gradient(1, of: dweight, isMadeFrom: [x[0], dweight[0], size[0], size[1]])
    let dtype = types[1].dtype
    return [TensorType(dtype, dweight)] + (bias ? [TensorType(dtype, [dweight[0]])] : [])
  }

  /// dy (N, C, OH, OW) → dx (N, C, H, W).
  func poolingBackward(_ attributes: PoolingAttributes) throws(GraphError) -> TensorType {
    let dx = try statedShape()
    let size = try poolingOutputSize(dx, attributes)
    for operand in types.indices { try gradient(operand, of: dx, isMadeFrom: [dx[0], dx[1], size[0], size[1]]) }
    return TensorType(types[0].dtype, dx)
  }

  /// dy (N, C, 1, 1) → dx (N, C, H, W).
  func globalAveragePoolBackward() throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let dx = try statedShape()
    guard dx.rank == 4 else { throw mismatch(dx) }
    try gradient(0, of: dx, isMadeFrom: [dx[0], dx[1], 1, 1])
    return TensorType(types[0].dtype, dx)
  }

  /// dy (N, C·H·W) → dx (N, C, H, W).
  func unflatten() throws(GraphError) -> TensorType {
    try operandCount(1...1)
    let dx = try statedShape()
    guard dx.rank >= 2 else { throw mismatch(dx) }
    try gradient(0, of: dx, isMadeFrom: [dx[0], dx.dimensions.dropFirst().reduce(1, *)])
    return TensorType(types[0].dtype, dx)
  }

  /// dy, x, weight, [bias], mean, rstd → dx, dweight, dbias.
  func batchNormBackward(_ attributes: BatchNormAttributes) throws(GraphError) -> [TensorType] {
    let count = attributes.relu ? 6 : 5
    try operandCount(count...count)
    try sameType(0, 1)
    let x = types[0].shape
    guard x.rank == 2 || x.rank == 4 else { throw mismatch(x) }
    let statistic = TensorType(.float32, [x[1]])
    guard types[2...].allSatisfy({ $0 == statistic }) else { throw mismatch(x) }
    return [types[0], statistic, statistic]
  }

  func gradient(_ operand: Int, of result: Shape, isMadeFrom expected: Shape) throws(GraphError) {
    guard types[operand].shape == expected else {
      throw GraphError(
        .shape, layer: layer,
        "\(operation.name) of \(result) expects operand \(operand) to be "
          + "\(expected), found \(types[operand].shape)")
    }
  }

  func mismatch(_ result: Shape) -> GraphError {
    GraphError(.shape, layer: layer, "\(operation.name) does not give \(result) from \(typesText)")
  }
}
