import TensorCore

/// Types of the results of an operation on operands of these types.
///
/// `resultShape` is needed where operands do not determine it: pooling gradients, unflatten, convolution gradients.
/// Throws `GraphError` that names the layer and the shapes.
func inferTypes(
  _ operation: Operation, _ types: [TensorType], layer: String, resultShape: Shape?
) throws(GraphError) -> [TensorType] {
  let check = OperandCheck(operation: operation, types: types, layer: layer, resultShape: resultShape)
  switch operation {
  case .linear: return [try check.linear()]
  case .matmul(let transposeA, let transposeB): return [try check.matmul(transposeA, transposeB)]
  case .conv2d(let attributes): return [try check.convolution(attributes)]
  case .relu, .gelu, .dropout:
    try check.operandCount(1...1)
    if case .dropout(let p, _) = operation, !(p >= 0 && p < 1) {
      throw GraphError(.attribute, layer: layer, "dropout probability must be at least 0 and below 1, found \(p)")
    }
    return [types[0]]
  case .add:
    try check.operandCount(2...2)
    try check.sameType(0, 1)
    return [types[0]]
  case .cast(let dtype):
    try check.operandCount(1...1)
    return [TensorType(dtype, types[0].shape)]
  case .maxPool2d(let attributes):
    let pooled = try check.pooling(attributes)
    // oneDNN and cuDNN keep arg-max positions; a byte holds every position of a window of up to 255 elements.
    let small = attributes.kernel.reduce(1, *) <= 255
    return [pooled, TensorType(small ? .uint8 : .int32, pooled.shape)]
  case .avgPool2d(let attributes): return [try check.pooling(attributes)]
  case .globalAveragePool:
    try check.rank(0, 4)
    return [TensorType(types[0].dtype, [types[0].shape[0], types[0].shape[1], 1, 1])]
  case .batchNorm:
    let channels = try check.batchNorm()
    let statistic = TensorType(.float32, [channels])
    return [types[0], statistic, statistic, statistic, statistic]
  case .batchNormInference:
    _ = try check.batchNorm()
    return [types[0]]
  case .flatten:
    guard types.count == 1, types[0].shape.rank >= 2 else {
      throw GraphError(.shape, layer: layer, "flatten expects a batch of rank 2 or more, found \(check.typesText)")
    }
    return [TensorType(types[0].dtype, [types[0].shape[0], types[0].shape.dimensions.dropFirst().reduce(1, *)])]
  case .crossEntropy:
    try check.crossEntropy()
    return [TensorType(.float32, .scalar)]
  case .crossEntropyBackward:
    try check.crossEntropy()
    return [types[0]]
  case .conv2dBackwardData, .maxPool2dBackward, .avgPool2dBackward, .globalAveragePoolBackward, .unflatten:
    return [TensorType(types[0].dtype, try check.statedShape())]
  case .conv2dBackwardWeights(_, let bias):
    let weight = try check.statedShape()
    let dtype = types[1].dtype
    return [TensorType(dtype, weight)] + (bias ? [TensorType(dtype, [weight[0]])] : [])
  case .reluBackward, .geluBackward:
    try check.operandCount(2...2)
    try check.sameType(0, 1)
    return [types[0]]
  case .batchNormBackward:
    let statistic = TensorType(.float32, [types[0].shape[1]])
    try check.sameType(0, 1)
    return [types[0], statistic, statistic]
  case .columnSum:
    try check.rank(0, 2)
    return [TensorType(types[0].dtype, [types[0].shape[1]])]
  case .commit: return []
  }
}
