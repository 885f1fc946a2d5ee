public import GraphIR
public import Training

/// Multi-layer perceptron: Flatten, then `layers` times (Linear, ReLU, Dropout), then Linear to the classes.
///
/// Takes images (N, C, H, W) or features (N, F), gives logits (N, classes). On 28×28 images in the default sizes:
/// 2,913,290 parameters, 5.8 MFLOP forward a sample.
///
/// Parameters are named as in torch.nn.Sequential: "1.weight", "1.bias", "4.weight", ….
public struct MLP: Layer {
  /// Sizes of a perceptron.
  public struct Sizes: Sendable, Hashable {
    /// Width of the hidden layers.
    public var hidden = 1024
    /// Hidden layers; 0 leaves a linear classifier.
    public var layers = 3
    /// Share of activations dropped in training.
    public var dropout: Float = 0.1

    /// The documented defaults.
    public init() {}
  }

  private let body: Sequential

  /// Creates a perceptron for samples of `inputs` numbers.
  ///
  /// Throws `TrainingError` that names the size out of range.
  public init(inputs: Int, classes: Int, sizes: Sizes = Sizes()) throws(TrainingError) {
    guard sizes.hidden >= 1, sizes.layers >= 0 else {
      throw TrainingError("model mlp: --hidden must be at least 1 and --layers at least 0")
    }
    var parts: [any Layer] = [Flatten()]
    var features = inputs
    for _ in 0..<sizes.layers {
      parts += [Linear(features, sizes.hidden), ReLU(), Dropout(sizes.dropout)] as [any Layer]
      features = sizes.hidden
    }
    parts.append(Linear(features, classes))
    body = Sequential(parts)
  }

  /// Builds the network.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try body(x, in: &builder)
  }
}
