import GraphIR
import TensorCore

/// Networks of sequences, pixels and pairs.
extension GraphBuilder {
  /// Tokens (3, 5) of a vocabulary of 7 to the next token of each.
  mutating func language() throws(GraphError) {
    let tokens = input("x", TensorType(.int64, [3, 5]))
    let labels = input("labels", TensorType(.int64, [3, 5]))
    let table = try parameter("embedding.weight", [7, 6], .uniform(bound: 1))
    let positions = try parameter("positions", [5, 6], .uniform(bound: 1))
    let x = try dropout(try apply(.add, try apply(.embedding, table, tokens), positions), probability: 0.1)
    // A bias of the keys would have gradient 0 up to rounding: nothing to compare. So queries, keys and values have none.
    let weight = try parameter("attention.weight", [18, 6], .uniform(bound: 0.5))
    let normalized = try apply(.reshape, try layerNorm("attention", x), resultShape: [15, 6])
    let packed = try apply(.reshape, try apply(.linear(relu: false), normalized, weight), resultShape: [3, 5, 18])
    let attended = try apply(.attention(AttentionAttributes(heads: 2, isCausal: true)), packed)
    let rows = try linear("projection", try apply(.reshape, attended, resultShape: [15, 6]), 6)
    let sum = try apply(.add, try apply(.reshape, rows, resultShape: [3, 5, 6]), x)
    let last = try apply(.reshape, try layerNorm("head", sum), resultShape: [15, 6])
    let logits = try apply(.reshape, try apply(.linear(relu: false), last, table), resultShape: [3, 5, 7])
    try finish(logits, .crossEntropy, labels)
  }

  private mutating func layerNorm(_ name: String, _ x: ValueID) throws(GraphError) -> ValueID {
    let columns = Shape([shape(x).dimensions[shape(x).rank - 1]])
    return try apply(
      .layerNorm(eps: 1e-5), x, try parameter("\(name).norm.weight", columns, .constant(1)),
      try parameter("\(name).norm.bias", columns, .constant(0)))
  }

  /// Sequences (4, 5, 3) to 3 classes.
  mutating func recurrent() throws(GraphError) {
    let x = input("x", TensorType(.float32, [4, 5, 3]))
    let labels = input("labels", TensorType(.int64, [4]))
    let y = try apply(
      .lstm, x, try parameter("lstm.weight_ih_l0", [28, 3], .uniform(bound: 0.4)),
      try parameter("lstm.weight_hh_l0", [28, 7], .uniform(bound: 0.4)),
      try parameter("lstm.bias_ih_l0", [28], .uniform(bound: 0.4)),
      try parameter("lstm.bias_hh_l0", [28], .uniform(bound: 0.4)))
    let last = try apply(
      .reshape, try apply(.slice(dimension: 1, start: 4, count: 1), y), resultShape: [4, 7])
    let hidden = try dropout(last, probability: 0.25)
    let gate = try apply(.sigmoid, try linear("gate", hidden, 7))
    let gated = try apply(.multiply, try apply(.tanh, try linear("branch", hidden, 7)), gate)
    try finish(try linear("head", gated, 3), .crossEntropy, labels)
  }

  /// Images (2, 1, 6, 4) to 3 classes a pixel.
  mutating func segmentation() throws(GraphError) {
    let same = ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])
    let doubling = ConvolutionAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
    let x = input("x", TensorType(.float32, [2, 1, 6, 4]))
    let labels = input("labels", TensorType(.int64, [2, 6, 4]))
    let skip = try apply(.relu, try normalized("down", try convolution("down", x, 5, same, bias: false)))
    let halved = try apply(.maxPool2d(PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])), skip)
    let middle = try apply(.silu, try convolution("middle", halved, 3, same, bias: true))
    let up = try apply(
      .convTranspose2d(doubling), middle, try parameter("up.weight", [3, 5, 2, 2], .uniform(bound: 0.4)),
      try parameter("up.bias", [5], .uniform(bound: 0.4)))
    let smooth = try apply(.upsample2d(UpsampleAttributes(scale: 2, mode: .bilinear)), middle)
    let joined = try apply(.concat(dimension: 1), up, skip, smooth)
    try finish(try convolution("head", joined, 3, same, bias: true), .crossEntropy, labels)
  }

  /// Pairs (6, 2) of a user and an item to the logit of their interaction.
  mutating func recommender() throws(GraphError) {
    let pairs = input("x", TensorType(.int64, [6, 2]))
    let targets = input("labels", TensorType(.float32, [6, 1]))
    let user = try rows(of: "user.weight", [5, 3], pairs, column: 0)
    let item = try rows(of: "item.weight", [4, 3], pairs, column: 1)
    let features = try apply(.concat(dimension: 1), user, item, try apply(.multiply, user, item))
    let hidden = try apply(.relu, try linear("hidden", features, 5))
    try finish(try linear("head", hidden, 1), .bceWithLogits, targets)
  }

  private mutating func rows(
    of table: String, _ shape: Shape, _ pairs: ValueID, column: Int
  ) throws(GraphError) -> ValueID {
    let indices = try apply(.slice(dimension: 1, start: column, count: 1), pairs)
    return try apply(
      .embedding, try parameter(table, shape, .uniform(bound: 1)), try apply(.reshape, indices, resultShape: [6]))
  }
}
