import TensorCore

/// Checks of what sequence models are made of.
extension OperandCheck {
  /// qkv (N, T, 3 C) → (N, T, C), logsumexp (N, heads, T).
  func attention(_ attributes: AttentionAttributes) throws(GraphError) -> [TensorType] {
    try rank(0, 3)
    let qkv = types[0].shape
    guard attributes.heads >= 1, qkv[2] % 3 == 0, (qkv[2] / 3) % attributes.heads == 0, qkv[2] > 0 else {
      throw GraphError(
        .shape, layer: layer,
        "\(operation.name) expects (N, T, 3 C) with C a multiple of \(attributes.heads) heads, found \(qkv)")
    }
    return [
      TensorType(types[0].dtype, [qkv[0], qkv[1], qkv[2] / 3]),
      TensorType(.float32, [qkv[0], attributes.heads, qkv[1]]),
    ]
  }

  /// do, qkv, o, logsumexp → dqkv.
  func attentionBackward(_ attributes: AttentionAttributes) throws(GraphError) -> TensorType {
    try operandCount(4...4)
    try sameType(0, 2)
    let qkv = OperandCheck(operation: operation, types: [types[1]], layer: layer, resultShape: nil)
    let expected = try qkv.attention(attributes)
    guard expected == [types[2], types[3]] else { throw mismatch(types[1].shape) }
    return types[1]
  }

  /// x (N, T, I), weights (4 H, I) and (4 H, H), biases (4 H) → y (N, T, H), gates (N, T, 4 H), cells (N, T, H).
  func lstm() throws(GraphError) -> [TensorType] {
    try operandCount(5...5)
    try rank(0, 3)
    try rank(2, 2)
    try sameFormat(types[...])
    let (x, hidden) = (types[0].shape, types[2].shape[1])
    let expected: [Shape] = [x, [4 * hidden, x[2]], [4 * hidden, hidden], [4 * hidden], [4 * hidden]]
    guard types.map(\.shape) == expected else {
      throw GraphError(
        .shape, layer: layer,
        "lstm of x \(x) with \(hidden) cells expects weights and biases of shapes "
          + "\(expected[1...].map(\.description).joined(separator: ", ")), found \(typesText)")
    }
    let dtype = types[0].dtype
    return [
      TensorType(dtype, [x[0], x[1], hidden]), TensorType(dtype, [x[0], x[1], 4 * hidden]),
      TensorType(dtype, [x[0], x[1], hidden]),
    ]
  }

  /// dy, x, weight_ih, weight_hh, y, gates, cells → dx, dweight_ih, dweight_hh, dbias, dgates.
  func lstmBackward() throws(GraphError) -> [TensorType] {
    try operandCount(7...7)
    try rank(2, 2)
    let bias = TensorType(types[1].dtype, [types[2].shape[0]])
    let forward = OperandCheck(
      operation: operation, types: [types[1], types[2], types[3], bias, bias], layer: layer, resultShape: nil)
    let results = try forward.lstm()
    guard types[0] == results[0], Array(types[4...]) == results else { throw mismatch(types[1].shape) }
    return [types[1], types[2], types[3], bias, types[5]]
  }

  /// x (…, C), weight, bias (C) → y, mean, rstd (…).
  func layerNorm() throws(GraphError) -> [TensorType] {
    try operandCount(3...3)
    let x = types[0].shape
    guard x.rank == 2 || x.rank == 3 else {
      throw GraphError(.shape, layer: layer, "layer_norm expects (N, C) or (N, T, C), found \(x)")
    }
    for operand in types[1...] where operand != TensorType(.float32, [x[x.rank - 1]]) {
      throw GraphError(
        .shape, layer: layer,
        "layer_norm of x \(x) expects f32(\(x[x.rank - 1])) weight and bias, found \(operand)")
    }
    let statistic = TensorType(.float32, Shape(Array(x.dimensions.dropLast())))
    return [types[0], statistic, statistic]
  }

  /// dy, x, weight, mean, rstd → dx, dweight, dbias.
  func layerNormBackward() throws(GraphError) -> [TensorType] {
    try operandCount(5...5)
    try sameType(0, 1)
    let forward = OperandCheck(
      operation: operation, types: [types[1], types[2], types[2]], layer: layer, resultShape: nil)
    let results = try forward.layerNorm()
    guard types[3] == results[1], types[4] == results[2] else { throw mismatch(types[1].shape) }
    return [types[1], types[2], types[2]]
  }

  /// table (V, C), indices (…) of rank 2 or less, because rank 4 lies channels last → (…, C).
  func embedding() throws(GraphError) -> TensorType {
    try operandCount(2...2)
    try rank(0, 2)
    try indices(1)
    guard types[1].shape.rank <= 2 else {
      throw GraphError(.shape, layer: layer, "embedding expects indices of rank 2 or less, found \(types[1])")
    }
    return TensorType(types[0].dtype, Shape(types[1].shape.dimensions + [types[0].shape[1]]))
  }

  /// dy (…, C), indices (…) → the stated table (V, C).
  func embeddingBackward() throws(GraphError) -> TensorType {
    try operandCount(2...2)
    let table = try statedShape()
    guard table.rank == 2 else { throw mismatch(table) }
    try indices(1)
    try gradient(0, of: table, isMadeFrom: Shape(types[1].shape.dimensions + [table[1]]))
    return TensorType(types[0].dtype, table)
  }

  /// x (N, R, C), indices (N, K) → (N, K, C).
  func gather() throws(GraphError) -> TensorType {
    try operandCount(2...2)
    try rank(0, 3)
    try rank(1, 2)
    try indices(1)
    guard types[0].shape[0] == types[1].shape[0] else {
      throw GraphError(.shape, layer: layer, "gather expects one row of indices a sample, found \(typesText)")
    }
    return TensorType(types[0].dtype, [types[0].shape[0], types[1].shape[1], types[0].shape[2]])
  }

  /// dy (N, K, C), indices (N, K) → the stated (N, R, C).
  func gatherBackward() throws(GraphError) -> TensorType {
    try operandCount(2...2)
    let x = try statedShape()
    try rank(1, 2)
    guard x.rank == 3, x[0] == types[1].shape[0] else { throw mismatch(x) }
    try indices(1)
    try gradient(0, of: x, isMadeFrom: [x[0], types[1].shape[1], x[2]])
    return TensorType(types[0].dtype, x)
  }

  private func indices(_ operand: Int) throws(GraphError) {
    guard types[operand].dtype == .int64 else {
      throw GraphError(.dtype, layer: layer, "\(operation.name) expects indices in i64, found \(types[operand])")
    }
  }
}
