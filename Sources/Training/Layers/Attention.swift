public import GraphIR
import TensorCore

/// softmax(q kᵀ / √d) v for every head, without parameters (torch.nn.functional.scaled_dot_product_attention).
///
/// Source: Vaswani and others, 2017, section 3.2.
///
/// Takes queries, keys and values side by side (N, T, 3·C), gives (N, T, C); a head owns d = C / heads columns.
public struct SelfAttention: Layer {
  private let attributes: AttentionAttributes

  /// Creates the layer; with `isCausal` a position sees only itself and those before it.
  public init(heads: Int, isCausal: Bool = false) {
    attributes = AttentionAttributes(heads: heads, isCausal: isCausal)
  }

  /// Builds the layer.
  ///
  /// Throws `GraphError` where x is not (N, T, 3·C) with C a multiple of the heads.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.attention(attributes), x)
  }
}

/// Attention of a sequence on itself between two projections (torch.nn.MultiheadAttention with batch_first).
///
/// Source: Vaswani and others, 2017, section 3.2.2.
///
/// Takes x (N, T, C), gives (N, T, C).
///
/// Parameters "in_proj_weight" (3·C, C), "in_proj_bias" (3·C), "out_proj.weight" (C, C) and "out_proj.bias" (C).
public struct MultiheadSelfAttention: Layer {
  /// Channels C.
  public let width: Int
  /// Number of heads; divides the channels.
  public let heads: Int
  /// Whether a position sees only itself and those before it.
  public let isCausal: Bool

  /// Creates the layer; starts as torch's: projections in xavier_uniform_, out uniform on ±1/√C, biases 0.
  public init(_ width: Int, heads: Int, isCausal: Bool = false) {
    self.width = width
    self.heads = heads
    self.isCausal = isCausal
  }

  /// Builds the layer.
  ///
  /// Throws `GraphError` where x is not (N, T, C), or the heads do not divide C.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["width": width, "heads": heads], "attention", in: builder)
    let weight = try builder.parameter(
      "in_proj_weight", [3 * width, width], .xavierUniform(fanIn: width, fanOut: 3 * width))
    let bias = try builder.parameter("in_proj_bias", [3 * width], .constant(0))
    let projected = try builder.linear(x, weight: weight, bias: bias)
    let attended = try SelfAttention(heads: heads, isCausal: isCausal)(projected, in: &builder)
    return try Named("out_proj", Linear(width, width, biasInitializer: .constant(0)))(attended, in: &builder)
  }
}
