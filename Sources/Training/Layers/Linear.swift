public import GraphIR
import TensorCore

/// y = x Wᵀ + b (torch.nn.Linear).
///
/// Takes x (N, in), gives y (N, out).
///
/// Parameters "weight" (out, in) and "bias" (out).
public struct Linear: Layer {
  /// Features in.
  public let inputs: Int
  /// Features out.
  public let outputs: Int
  /// Whether b is added.
  public let hasBias: Bool

  /// Creates a layer; weights and bias start uniform on ±1/√in, as torch's.
  public init(_ inputs: Int, _ outputs: Int, bias: Bool = true) {
    self.inputs = inputs
    self.outputs = outputs
    hasBias = bias
  }

  /// Builds the layer.
  ///
  /// Throws `GraphError` where x is not (N, in).
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["inputs": inputs, "outputs": outputs], "linear", in: builder)
    let bound = 1 / Float(inputs).squareRoot()
    let weight = try builder.parameter("weight", [outputs, inputs], .uniform(bound: bound))
    guard hasBias else { return try builder.apply(.linear(relu: false), x, weight) }
    let bias = try builder.parameter("bias", [outputs], .uniform(bound: bound))
    return try builder.apply(.linear(relu: false), x, weight, bias)
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
