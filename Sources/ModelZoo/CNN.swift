public import GraphIR
public import Training

/// Small convolutional network: three times (conv 3×3, batch norm, ReLU), max pooling after the first two, global average
/// pooling, dropout and a linear head.
///
/// With channels 32-64-128 on 28×28 images: 94,186 parameters, 14.9 MFLOP forward a sample. Parameters are named
/// "features.0.weight", …, "classifier.2.bias". Convolutions have no bias: batch norm follows.
public struct CNN: Layer {
  private let body: Chain

  /// Creates a network; `channels` are three widths.
  public init(inputs: Int, channels: [Int] = [32, 64, 128], classes: Int, dropout: Float = 0.1) {
    var features: [any Layer] = []
    var width = inputs
    for (index, next) in channels.enumerated() {
      features += [Conv2d(width, next, kernel: 3, padding: 1, bias: false), BatchNorm(next), ReLU()] as [any Layer]
      features.append(index + 1 < channels.count ? MaxPool2d(2) : GlobalAveragePool2d())
      width = next
    }
    body = Chain(
      Named("features", Sequential(features)),
      Named("classifier", Sequential(Flatten(), Dropout(dropout), Linear(width, classes))))
  }

  /// Builds the network.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try body(x, in: &builder)
  }
}
