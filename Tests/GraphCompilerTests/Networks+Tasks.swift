import GraphIR
import TensorCore

/// A language model on tokens (2, 5) of a vocabulary of 7: embedding and positions, one block of causal attention with
/// layer norms and a residual addition, and a head that shares the embedding's table.
func languageModel() throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: true)
  let tokens = builder.input("x", TensorType(.int64, [2, 5]))
  let labels = builder.input("labels", TensorType(.int64, [2, 5]))
  let table = try builder.parameter("embedding.weight", [7, 4], .constant(0))
  let positions = try builder.parameter("positions", [5, 4], .constant(0))
  let embedded = try builder.apply(.embedding, table, tokens)
  let x = try builder.apply(.silu, try builder.apply(.add, embedded, positions))
  let packed = try builder.scope("attention") { builder throws(GraphError) in
    let normalized = try builder.layerNorm(x)
    return try builder.linearOfSequence(normalized, 12)
  }
  let attended = try builder.apply(.attention(AttentionAttributes(heads: 2, isCausal: true)), packed)
  let projected = try builder.scope("projection") { builder throws(GraphError) in
    try builder.linearOfSequence(attended, 4)
  }
  let sum = try builder.apply(.add, projected, x)
  let last = try builder.scope("norm") { builder throws(GraphError) in try builder.layerNorm(sum) }
  let rows = try builder.apply(.reshape, last, resultShape: [10, 4])
  let scores = try builder.apply(.linear(relu: false), rows, table)
  let logits = try builder.apply(.reshape, scores, resultShape: [2, 5, 7])
  builder.output("logits", logits)
  builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
  return builder.graph
}

/// A classifier of sequences (3, 4, 2): an LSTM of 3 cells, the last step, dropout, a gated linear layer.
func sequenceClassifier() throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: true)
  let x = builder.input("x", f32(3, 4, 2))
  let labels = builder.input("labels", TensorType(.int64, [3]))
  let y = try builder.scope("lstm") { builder throws(GraphError) in
    try builder.apply(
      .lstm, x, try builder.parameter("weight_ih", [12, 2], .constant(0)),
      try builder.parameter("weight_hh", [12, 3], .constant(0)), try builder.parameter("bias_ih", [12], .constant(0)),
      try builder.parameter("bias_hh", [12], .constant(0)))
  }
  let last = try builder.apply(.slice(dimension: 1, start: 3, count: 1), y)
  let hidden = try builder.dropout(try builder.apply(.reshape, last, resultShape: [3, 3]), probability: 0.25)
  let gate = try builder.scope("gate") { builder throws(GraphError) in
    try builder.apply(.sigmoid, try builder.linear(hidden, 3))
  }
  let gated = try builder.apply(.multiply, gate, try builder.apply(.tanh, hidden))
  let logits = try builder.scope("head") { builder throws(GraphError) in try builder.linear(gated, 3) }
  builder.output("logits", logits)
  builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
  return builder.graph
}

/// A small U-Net on (2, 2, 4, 4): half the size, back by a transposed convolution and by interpolation, the skip
/// connections joined along the channels, one logit a pixel.
func segmentation() throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: true)
  let x = builder.input("x", f32(2, 2, 4, 4))
  let targets = builder.input("labels", f32(2, 1, 4, 4))
  let skip = try builder.scope("down") { builder throws(GraphError) in
    try builder.apply(.relu, try builder.normalized(try builder.convolution(x, 3)))
  }
  let halved = try builder.apply(
    .maxPool2d(PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])), skip)
  let middle = try builder.scope("middle") { builder throws(GraphError) in
    try builder.apply(.silu, try builder.convolution(halved, 2))
  }
  let doubled = try builder.scope("up") { builder throws(GraphError) in
    try builder.apply(
      .convTranspose2d(ConvolutionAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])), middle,
      try builder.parameter("weight", [2, 2, 2, 2], .constant(0)), try builder.parameter("bias", [2], .constant(0)))
  }
  let smooth = try builder.apply(.upsample2d(UpsampleAttributes(scale: 2, mode: .bilinear)), middle)
  let joined = try builder.apply(.concat(dimension: 1), doubled, skip, smooth)
  let logits = try builder.scope("head") { builder throws(GraphError) in try builder.convolution(joined, 1) }
  builder.output("logits", logits)
  builder.output("loss", try builder.apply(.bceWithLogits, logits, targets))
  return builder.graph
}

/// Neural collaborative filtering on pairs (6, 2) of a user and an item: two embeddings, their product beside both, one
/// logit a pair.
func recommender() throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: true)
  let pairs = builder.input("x", TensorType(.int64, [6, 2]))
  let targets = builder.input("labels", f32(6, 1))
  func rows(_ column: Int, _ table: ValueID) throws(GraphError) -> ValueID {
    let indices = try builder.apply(.slice(dimension: 1, start: column, count: 1), pairs)
    return try builder.apply(.embedding, table, try builder.apply(.reshape, indices, resultShape: [6]))
  }
  let user = try rows(0, try builder.parameter("user.weight", [5, 3], .constant(0)))
  let item = try rows(1, try builder.parameter("item.weight", [4, 3], .constant(0)))
  let features = try builder.apply(.concat(dimension: 1), user, item, try builder.apply(.multiply, user, item))
  let logits = try builder.scope("head") { builder throws(GraphError) in try builder.linear(features, 1) }
  builder.output("logits", logits)
  builder.output("loss", try builder.apply(.bceWithLogits, logits, targets))
  return builder.graph
}

extension GraphBuilder {
  /// linear over the last extent of (N, T, C).
  mutating func linearOfSequence(_ x: ValueID, _ features: Int) throws(GraphError) -> ValueID {
    let extents = shape(x)
    let rows = try apply(.reshape, x, resultShape: [extents[0] * extents[1], extents[2]])
    return try apply(.reshape, try linear(rows, features), resultShape: [extents[0], extents[1], features])
  }

  /// Layer normalisation with fresh parameters.
  mutating func layerNorm(_ x: ValueID) throws(GraphError) -> ValueID {
    let columns = Shape([shape(x).dimensions[shape(x).rank - 1]])
    return try apply(
      .layerNorm(eps: 1e-5), x, try parameter("norm.weight", columns, .uniform(bound: 1)),
      try parameter("norm.bias", columns, .uniform(bound: 1)))
  }
}
