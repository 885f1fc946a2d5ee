public import GraphIR
public import Training

/// Recurrent language model: an embedding of tokens, LSTM layers and a linear head (Zaremba, Sutskever & Vinyals 2014).
///
/// Takes tokens (N, T), gives logits (N, T, vocabulary). With a vocabulary of 64 in the default sizes: 111,680
/// parameters.
///
/// Parameters are named "embedding.weight", "lstm.weight_ih_l0", …, "head.weight", "head.bias".
public struct LSTMLanguageModel: Layer {
  /// Sizes of the network.
  public struct Sizes: Sendable, Hashable {
    /// Width of the embedding.
    public var embedding = 64
    /// Cells of a layer.
    public var hidden = 128
    /// LSTM layers.
    public var layers = 1
    /// Share of states dropped in training, between layers and before the head.
    public var dropout: Float = 0

    /// The documented defaults.
    public init() {}
  }

  private let body: Chain

  /// Creates a network for tokens below `vocabulary`.
  ///
  /// Throws `TrainingError` that names the size out of range.
  public init(vocabulary: Int, sizes: Sizes = Sizes()) throws(TrainingError) {
    try requirePositive(
      "lstm", ["--embedding": sizes.embedding, "--hidden": sizes.hidden, "--layers": sizes.layers])
    body = Chain(
      Named("embedding", Embedding(vocabulary, sizes.embedding)),
      Named("lstm", LSTM(sizes.embedding, sizes.hidden, layers: sizes.layers, dropout: sizes.dropout)),
      Dropout(sizes.dropout),
      Named("head", Linear(sizes.hidden, vocabulary)))
  }

  /// Builds the network.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try body(x, in: &builder)
  }
}
