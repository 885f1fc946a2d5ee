public import GraphIR

/// max(x, 0) (torch.nn.ReLU).
public struct ReLU: Layer {
  /// Creates the layer.
  public init() {}

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.relu, x)
  }
}

/// x Φ(x), the exact form (torch.nn.GELU's default; Hendrycks & Gimpel 2016).
public struct GELU: Layer {
  /// Creates the layer.
  public init() {}

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.gelu, x)
  }
}

/// 1 / (1 + e⁻ˣ) (torch.nn.Sigmoid).
public struct Sigmoid: Layer {
  /// Creates the layer.
  public init() {}

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.sigmoid, x)
  }
}

/// tanh x (torch.nn.Tanh).
public struct Tanh: Layer {
  /// Creates the layer.
  public init() {}

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.tanh, x)
  }
}

/// x sigmoid(x) (torch.nn.SiLU; Elfwing, Uchibe & Doya 2018).
public struct SiLU: Layer {
  /// Creates the layer.
  public init() {}

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.silu, x)
  }
}

/// Inverted dropout (torch.nn.Dropout; Srivastava, Hinton and others, 2014).
///
/// The mask is a function of seed, attempt, layer and index: every lane draws the same one.
public struct Dropout: Layer {
  /// Share of elements set to 0 in training.
  public let probability: Float

  /// Creates a layer; `probability` is at least 0 and below 1.
  public init(_ probability: Float) { self.probability = probability }

  /// Builds the layer; nothing in inference.
  ///
  /// Throws `GraphError` where the probability is out of range.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.dropout(x, probability: probability)
  }
}
