public import GraphIR
import TensorCore

/// y = x Wᵀ + b (torch.nn.Linear).
///
/// Takes x (N, in) or (N, T, in), gives y (N, out) or (N, T, out).
///
/// Parameters "weight" (out, in) and "bias" (out).
public struct Linear: Layer {
  /// Features in.
  public let inputs: Int
  /// Features out.
  public let outputs: Int
  /// Whether b is added.
  public let hasBias: Bool
  private let weightInitializer: Initializer?
  private let biasInitializer: Initializer?

  /// Creates a layer; weights and bias start uniform on ±1/√in, as torch's, unless stated.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    hasBias = bias
    self.weightInitializer = weightInitializer
    self.biasInitializer = biasInitializer
  }

  /// Builds the layer.
  ///
  /// Throws `GraphError` where x is neither (N, in) nor (N, T, in).
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["inputs": inputs, "outputs": outputs], "linear", in: builder)
    let weight = try builder.parameter("weight", [outputs, inputs], weightInitializer ?? .uniform(fanIn: inputs))
    guard hasBias else { return try builder.linear(x, weight: weight) }
    let bias = try builder.parameter("bias", [outputs], biasInitializer ?? .uniform(fanIn: inputs))
    return try builder.linear(x, weight: weight, bias: bias)
  }
}

/// (N, C, H, W) → (N, C·H·W), in torch's order (torch.nn.Flatten).
///
/// A batch of rank 2 passes as it is.
public struct Flatten: Layer {
  /// Creates the layer.
  public init() {}

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.flatten, x)
  }
}

/// Throws `GraphError` where a size of a layer is not positive.
func positive(_ sizes: [String: Int], _ kind: String, in builder: GraphBuilder) throws(GraphError) {
  for (name, size) in sizes.sorted(by: { $0.key < $1.key }) where size < 1 {
    throw GraphError(.attribute, layer: builder.layer, "\(kind): \(name) must be at least 1, found \(size)")
  }
}
