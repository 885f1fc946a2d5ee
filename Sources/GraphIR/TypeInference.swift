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
  case .convTranspose2d(let attributes): return [try check.transposedConvolution(attributes)]
  case .attention(let attributes):
    try check.operandCount(1...1)
    return try check.attention(attributes)
  case .lstm: return try check.lstm()
  case .relu, .gelu, .sigmoid, .tanh, .silu, .dropout:
    try check.operandCount(1...1)
    if case .dropout(let p, _) = operation, !(p >= 0 && p < 1) {
      throw GraphError(.attribute, layer: layer, "dropout probability must be at least 0 and below 1, found \(p)")
    }
    return [types[0]]
  case .add: return [try check.add()]
  case .multiply:
    try check.operandCount(2...2)
    try check.sameType(0, 1)
    return [types[0]]
  case .embedding: return [try check.embedding()]
  case .gather: return [try check.gather()]
  case .concat(let dimension): return [try check.concat(dimension)]
  case .slice(let dimension, let start, let count): return [try check.slice(dimension, start, count)]
  case .expand(let count): return [try check.expand(count)]
  case .upsample2d(let attributes): return [try check.upsample(attributes)]
  case .toSequence: return [try check.toSequence()]
  case .reshape: return [try check.reshape()]
  case .cast(let dtype):
    try check.operandCount(1...1)
    guard dtype.isFloatingPoint, types[0].dtype.isFloatingPoint else {
      throw GraphError(
        .dtype, layer: layer, "a cast goes between floating-point formats, found \(types[0]) to \(dtype.rawValue)")
    }
    return [TensorType(dtype, types[0].shape)]
  case .maxPool2d(let attributes):
    let pooled = try check.pooling(attributes)
    // Arg-max positions count within the window: a byte holds those of up to 255 elements.
    let small = attributes.kernel.reduce(1, *) <= 255
    return [pooled, TensorType(small ? .uint8 : .int32, pooled.shape)]
  case .avgPool2d(let attributes): return [try check.pooling(attributes)]
  case .globalAveragePool:
    try check.operandCount(1...1)
    try check.rank(0, 4)
    return [TensorType(types[0].dtype, [types[0].shape[0], types[0].shape[1], 1, 1])]
  case .batchNorm:
    let channels = try check.batchNorm()
    let statistic = TensorType(.float32, [channels])
    return [types[0], statistic, statistic, statistic, statistic]
  case .batchNormInference:
    _ = try check.batchNorm()
    return [types[0]]
  case .layerNorm: return try check.layerNorm()
  case .flatten:
    guard types.count == 1, types[0].shape.rank >= 2 else {
      throw GraphError(.shape, layer: layer, "flatten expects a batch of rank 2 or more, found \(check.typesText)")
    }
    return [TensorType(types[0].dtype, [types[0].shape[0], types[0].shape.dimensions.dropFirst().reduce(1, *)])]
  case .crossEntropy:
    try check.crossEntropy()
    return [TensorType(.float32, .scalar)]
  case .bceWithLogits, .binaryCrossEntropy, .meanSquaredError:
    try check.pairedLoss()
    return [TensorType(.float32, .scalar)]
  case .crossEntropyBackward:
    try check.crossEntropy()
    return [types[0]]
  case .bceWithLogitsBackward, .binaryCrossEntropyBackward, .meanSquaredErrorBackward:
    try check.pairedLoss()
    return [types[0]]
  case .attentionBackward(let attributes): return [try check.attentionBackward(attributes)]
  case .lstmBackward: return try check.lstmBackward()
  case .layerNormBackward: return try check.layerNormBackward()
  case .embeddingBackward: return [try check.embeddingBackward()]
  case .gatherBackward: return [try check.gatherBackward()]
  case .sliceBackward(let dimension, let start): return [try check.sliceBackward(dimension, start)]
  case .upsample2dBackward(let attributes): return [try check.upsampleBackward(attributes)]
  case .fromSequence: return [try check.fromSequence()]
  case .conv2dBackwardData(let attributes): return [try check.convolutionBackwardData(attributes)]
  case .conv2dBackwardWeights(let attributes, let bias):
    return try check.convolutionBackwardWeights(attributes, bias: bias)
  case .maxPool2dBackward(let attributes):
    try check.operandCount(2...2)
    return [try check.poolingBackward(attributes)]
  case .avgPool2dBackward(let attributes):
    try check.operandCount(1...1)
    return [try check.poolingBackward(attributes)]
  case .globalAveragePoolBackward: return [try check.globalAveragePoolBackward()]
  case .unflatten: return [try check.unflatten()]
  case .reluBackward, .geluBackward, .sigmoidBackward, .tanhBackward, .siluBackward:
    try check.operandCount(2...2)
    try check.sameType(0, 1)
    return [types[0]]
  case .batchNormBackward(let attributes): return try check.batchNormBackward(attributes)
  case .columnSum: return [try check.columnSum()]
  case .accumulateLoss(let count):
    guard types == [TensorType(.float32, .scalar)], count >= 1 else {
      throw GraphError(
        .shape, layer: layer, "accumulate_loss takes one loss f32() of 1 micro-batch or more, found \(check.typesText)")
    }
    return types
  case .accumulate:
    guard types.count == 1, types[0].dtype.isFloatingPoint else {
      throw GraphError(.dtype, layer: layer, "accumulate takes one gradient, found \(check.typesText)")
    }
    return [TensorType(.float32, types[0].shape)]
  case .unscale:
    try check.unscale()
    return [OperandCheck.verdict]
  case .clip(let clipping):
    try check.clip(clipping)
    return [OperandCheck.verdict]
  case .commit(let attributes):
    try check.commit(attributes)
    return []
  }
}
