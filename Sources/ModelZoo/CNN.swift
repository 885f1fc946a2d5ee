public import GraphIR
public import Training

/// Small convolutional network: three times (conv 3×3, batch norm, ReLU, 2×2 max pooling), dropout and a linear head.
///
/// Takes images (N, C, H, W) of at least 8×8, gives logits (N, classes). With channels 32-64-128 on grey 28×28 images:
/// 104,426 parameters, 14.9 MFLOP forward a sample.
///
/// Parameters are named "features.0.weight", …, "classifier.2.bias". Convolutions have no bias: batch norm follows.
public struct CNN: Layer {
  /// Sizes of the network.
  public struct Sizes: Sendable, Hashable {
    /// Channels of the three convolutions.
    public var channels = [32, 64, 128]
    /// Share of features dropped in training.
    public var dropout: Float = 0.1

    /// The documented defaults.
    public init() {}
  }

  private let body: Chain

  /// Creates a network for images of shape [C, H, W].
  ///
  /// Throws `TrainingError` where images are too small or sizes out of range.
  public init(image: [Int], classes: Int, sizes: Sizes = Sizes()) throws(TrainingError) {
    let extents = try imageExtents("cnn", image)
    guard extents.height >= 8, extents.width >= 8 else {
      throw TrainingError("model cnn takes images of at least 8 by 8, this data has samples of shape \(image)")
    }
    guard sizes.channels.count == 3, sizes.channels.allSatisfy({ $0 >= 1 }) else {
      throw TrainingError("model cnn: --channels takes three widths of at least 1, for example 32,64,128")
    }
    var features: [any Layer] = []
    var width = extents.channels
    for next in sizes.channels {
      features +=
        [Conv2d(width, next, kernel: 3, padding: 1, bias: false), BatchNorm(next), ReLU(), MaxPool2d(2)]
        as [any Layer]
      width = next
    }
    // Each of the three poolings halves height and width, rounding down.
    let pixels = (extents.height / 8) * (extents.width / 8)
    body = Chain(
      Named("features", Sequential(features)),
      Named("classifier", Sequential(Flatten(), Dropout(sizes.dropout), Linear(width * pixels, classes))))
  }

  /// Builds the network.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try body(x, in: &builder)
  }
}
