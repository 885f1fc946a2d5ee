public import GraphIR
public import Training

/// Small convolutional network: three times (conv 3×3, batch norm, ReLU, 2×2 max pooling), dropout and a linear head.
///
/// With channels 32-64-128 on 28×28 images: 104,426 parameters, 14.9 MFLOP forward a sample. Parameters are named
/// "features.0.weight", …, "classifier.2.bias". Convolutions have no bias: batch norm follows.
public struct CNN: Layer {
  private let body: Chain

  /// Creates a network; `channels` are three widths, `size` is height and width of the images, at least 8 each.
  public init(inputs: Int, size: [Int], channels: [Int] = [32, 64, 128], classes: Int, dropout: Float = 0.1) {
    var features: [any Layer] = []
    var width = inputs
    for next in channels {
      features +=
        [Conv2d(width, next, kernel: 3, padding: 1, bias: false), BatchNorm(next), ReLU(), MaxPool2d(2)]
        as [any Layer]
      width = next
    }
    // Each pooling halves height and width, rounding down.
    let pixels = size.map { $0 >> channels.count }.reduce(1, *)
    body = Chain(
      Named("features", Sequential(features)),
      Named("classifier", Sequential(Flatten(), Dropout(dropout), Linear(width * pixels, classes))))
  }

  /// Builds the network.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try body(x, in: &builder)
  }
}
