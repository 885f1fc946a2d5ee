public import GraphIR
import TensorCore
public import Training

/// GPT-2: a causal transformer with layer norm before each branch (Radford and others, 2019), under nanoGPT's names.
///
/// Takes tokens (N, T), T at most the block size, gives logits (N, T, vocabulary). The head is the token table once more.
/// Weights start N(0, 0.02), the projections that end a branch N(0, 0.02 / √(2·layers)), biases 0. In training `dropout`
/// acts on the embedding and at the end of each branch, not on attention's probabilities.
///
/// | size | layers | heads | width | parameters |
/// |---|---|---|---|---|
/// | nano (minGPT's) | 3 | 3 | 48 | 91,056 with 64 tokens and a block of 64 |
/// | micro (minGPT's) | 4 | 4 | 128 | 809,728 |
/// | mini (minGPT's) | 6 | 6 | 192 | 2,694,144 |
/// | small (nanoGPT's for characters) | 6 | 6 | 384 | 10,696,704 |
/// | gpt2 | 12 | 12 | 768 | 124,439,808: a table of 50,257 tokens and a block of 1024 |
///
/// Parameters are named "transformer.wte.weight", "transformer.h.0.attn.c_attn.weight" (3·C, C), ….
public struct GPT: Layer {
  /// A size with a name.
  public enum Size: String, Sendable, Hashable, CaseIterable {
    /// minGPT's gpt-nano.
    case nano
    /// minGPT's gpt-micro.
    case micro
    /// minGPT's gpt-mini.
    case mini
    /// nanoGPT's for characters of Shakespeare.
    case small
    /// GPT-2 of 124 M parameters.
    case gpt2

    /// Layers, heads and width.
    var extents: (layers: Int, heads: Int, width: Int) {
      switch self {
      case .nano: (3, 3, 48)
      case .micro: (4, 4, 128)
      case .mini: (6, 6, 192)
      case .small: (6, 6, 384)
      case .gpt2: (12, 12, 768)
      }
    }

    /// Rows of the token table; nil for as many as the data has tokens.
    var vocabulary: Int? { self == .gpt2 ? 50_257 : nil }

    /// Rows of the position table; nil for as many as the data's sequences are long.
    var blockSize: Int? { self == .gpt2 ? 1024 : nil }
  }

  /// Sizes of the network.
  public struct Sizes: Sendable, Hashable {
    /// What the other sizes are unless stated.
    public var size = Size.micro
    /// Transformer blocks; nil for the size's own.
    public var layers: Int?
    /// Heads of attention; nil for the size's own.
    public var heads: Int?
    /// Channels; nil for the size's own.
    public var width: Int?
    /// Rows of the position table, the longest sequence; nil for the size's own, which is 1024 for gpt2 and else the
    /// data's sequence length.
    public var blockSize: Int?
    /// Share of activations dropped in training.
    public var dropout: Float = 0

    /// The documented defaults.
    public init() {}
  }

  private let vocabulary: Int
  private let rows: Int
  private let blockSize: Int
  private let width: Int
  private let dropout: Dropout
  private let blocks: Chain

  /// Creates a network for sequences of `length` tokens below `vocabulary`.
  ///
  /// Where the token table has more rows than the data has tokens, logits are those of the data's tokens. Throws
  /// `TrainingError` that names the size out of range.
  public init(length: Int, vocabulary: Int, sizes: Sizes = Sizes()) throws(TrainingError) {
    let own = sizes.size.extents
    let (layers, heads, width) = (sizes.layers ?? own.layers, sizes.heads ?? own.heads, sizes.width ?? own.width)
    try requirePositive("gpt", ["--layers": layers])
    try requireHeads("gpt", width: width, heads: heads)
    rows = sizes.size.vocabulary ?? vocabulary
    guard vocabulary <= rows else {
      throw TrainingError(
        "model gpt: --size \(sizes.size.rawValue) has a table of \(rows) tokens, this data has \(vocabulary)")
    }
    blockSize = sizes.blockSize ?? sizes.size.blockSize ?? length
    guard blockSize >= length else {
      throw TrainingError(
        "model gpt: --block-size must be at least the length of this data's sequences, \(length), found \(blockSize)")
    }
    self.vocabulary = vocabulary
    self.width = width
    dropout = Dropout(sizes.dropout)
    blocks = Chain(
      (0..<layers).map { number in
        Named("h.\(number)", block(width: width, heads: heads, layers: layers, dropout: sizes.dropout))
      })
  }

  /// The head is the token table: PyTorch stores it a second time.
  public var tiedNames: [String: String] { ["lm_head.weight": "transformer.wte.weight"] }

  /// Builds the network.
  ///
  /// Throws `GraphError` where x is not (N, T) with T at most the block size.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    let shape = builder.shape(x)
    guard shape.rank == 2, shape[1] <= blockSize else {
      throw GraphError(
        .shape, layer: builder.layer, "gpt takes tokens (N, T) with T at most \(blockSize), found x \(shape)")
    }
    let (features, table) = try builder.scope("transformer") {
      (inner: inout GraphBuilder) throws(GraphError) -> (ValueID, ValueID) in
      let table = try inner.parameter("wte.weight", [rows, width], .standard)
      var positions = try inner.parameter("wpe.weight", [blockSize, width], .standard)
      if shape[1] < blockSize {
        positions = try inner.apply(.slice(dimension: 0, start: 0, count: shape[1]), positions)
      }
      let embedded = try inner.apply(.add, try inner.apply(.embedding, table, x), positions)
      let features = try blocks(try dropout(embedded, in: &inner), in: &inner)
      return (try Named("ln_f", LayerNorm(width))(features, in: &inner), table)
    }
    return try builder.scope("lm_head") { (inner: inout GraphBuilder) throws(GraphError) in
      let used =
        vocabulary < rows ? try inner.apply(.slice(dimension: 0, start: 0, count: vocabulary), table) : table
      return try inner.linear(features, weight: used)
    }
  }
}

/// x + attention(layer norm(x)), then x + perceptron(layer norm(x)).
private func block(width: Int, heads: Int, layers: Int, dropout: Float) -> any Layer {
  // GPT-2 scales what adds to the residual stream by the number of branches that do (section 2.3).
  let last = Initializer.normal(standardDeviation: 0.02 / Float(2 * layers).squareRoot())
  let attention = Chain(
    Named("c_attn", linear(width, 3 * width)), SelfAttention(heads: heads, isCausal: true),
    Named("c_proj", linear(width, width, last)), Dropout(dropout))
  let perceptron = Chain(
    Named("c_fc", linear(width, 4 * width)), GELU(), Named("c_proj", linear(4 * width, width, last)), Dropout(dropout))
  return Chain(
    Residual(Chain(Named("ln_1", LayerNorm(width)), Named("attn", attention))),
    Residual(Chain(Named("ln_2", LayerNorm(width)), Named("mlp", perceptron))))
}

private func linear(_ inputs: Int, _ outputs: Int, _ initializer: Initializer = .standard) -> Linear {
  Linear(inputs, outputs, weightInitializer: initializer, biasInitializer: .constant(0))
}

extension Initializer {
  /// GPT-2's own.
  fileprivate static let standard = Initializer.normal(standardDeviation: 0.02)
}
