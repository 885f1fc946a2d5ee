public import GraphIR
public import Training

/// Multi-layer perceptron: Flatten, then `layers` times (Linear, ReLU, Dropout), then Linear to the classes.
///
/// Parameters are named as in torch.nn.Sequential: "1.weight", "1.bias", "4.weight", ….
public struct MLP: Layer {
  private let body: Sequential

  /// Creates a perceptron.
  ///
  /// The default of the command is three hidden layers of 1024.
  public init(inputs: Int, hidden: Int = 1024, layers: Int = 3, classes: Int, dropout: Float = 0.1) {
    var parts: [any Layer] = [Flatten()]
    var features = inputs
    for _ in 0..<layers {
      parts += [Linear(features, hidden), ReLU(), Dropout(dropout)] as [any Layer]
      features = hidden
    }
    parts.append(Linear(features, classes))
    body = Sequential(parts)
  }

  /// Builds the network.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try body(x, in: &builder)
  }
}
