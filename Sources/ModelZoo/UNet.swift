public import GraphIR
public import Training

/// U-Net: an encoder, and a decoder that sees the encoder's features of its own size (Ronneberger, Fischer & Brox 2015).
///
/// Takes images (N, C, H, W), H and W multiples of 2^levels, gives logits (N, classes, H, W). Level i has
/// `channels` 2^i channels and two 3×3 convolutions, padded and batch-normalised, unlike the paper's; 2×2 max pooling
/// leads down. With 1 channel in and 10 classes in the default sizes: 117,226 parameters.
///
/// Parameters are named "encoder.I.0.weight" (I from the top), "bottleneck.0.weight", "up.J.weight", "decoder.J.0.weight"
/// (J from the deepest) and "head.weight".
public struct UNet: Layer {
  /// How the decoder enlarges.
  public enum Upsampling: String, Sendable, Hashable, CaseIterable {
    /// Transposed convolution 2×2 of stride 2, as the paper's up-convolution.
    case transposed
    /// Bilinear by 2, then a 1×1 convolution.
    case bilinear
  }

  /// Sizes of the network.
  public struct Sizes: Sendable, Hashable {
    /// Channels of the first level.
    public var channels = 16
    /// Poolings on the way down.
    public var levels = 2
    /// How the decoder enlarges.
    public var upsampling = Upsampling.transposed

    /// The documented defaults.
    public init() {}
  }

  private let encoders: [any Layer]
  private let bottleneck: any Layer
  private let ups: [any Layer]
  private let decoders: [any Layer]
  private let head: any Layer

  /// Creates a network for images of shape [C, H, W].
  ///
  /// Throws `TrainingError` where sizes are out of range or height and width cannot be halved that often.
  public init(image: [Int], classes: Int, sizes: Sizes = Sizes()) throws(TrainingError) {
    let extents = try imageExtents("unet", image)
    try requirePositive("unet", ["--channels": sizes.channels, "--levels": sizes.levels])
    guard sizes.levels < 16, [extents.height, extents.width].allSatisfy({ $0 % (1 << sizes.levels) == 0 }) else {
      throw TrainingError(
        "model unet: --levels \(sizes.levels) halves height and width so many times, but this data has images of shape "
          + "\(image); use fewer levels")
    }
    let widths = (0...sizes.levels).map { sizes.channels << $0 }
    let levels = 0..<sizes.levels
    encoders = levels.map { level in
      Named("encoder.\(level)", convolutions(level == 0 ? extents.channels : widths[level - 1], widths[level]))
    }
    bottleneck = Named("bottleneck", convolutions(widths[sizes.levels - 1], widths[sizes.levels]))
    ups = levels.reversed().enumerated().map { number, level in
      Named("up.\(number)", up(to: widths[level], sizes.upsampling))
    }
    decoders = levels.reversed().enumerated().map { number, level in
      Named("decoder.\(number)", convolutions(2 * widths[level], widths[level]))
    }
    head = Named("head", Conv2d(sizes.channels, classes, kernel: 1))
  }

  /// Builds the network.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    var value = x
    var skips: [ValueID] = []
    for encoder in encoders {
      let features = try encoder(value, in: &builder)
      skips.append(features)
      value = try MaxPool2d(2)(features, in: &builder)
    }
    value = try bottleneck(value, in: &builder)
    for (number, skip) in skips.reversed().enumerated() {
      let enlarged = try ups[number](value, in: &builder)
      value = try decoders[number](try builder.apply(.concat(dimension: 1), skip, enlarged), in: &builder)
    }
    return try head(value, in: &builder)
  }
}

/// Twice (conv 3×3, batch norm, ReLU).
private func convolutions(_ inputs: Int, _ outputs: Int) -> Sequential {
  Sequential(
    Conv2d(inputs, outputs, kernel: 3, padding: 1, bias: false), BatchNorm(outputs), ReLU(),
    Conv2d(outputs, outputs, kernel: 3, padding: 1, bias: false), BatchNorm(outputs), ReLU())
}

/// (N, 2·width, H, W) → (N, width, 2·H, 2·W).
private func up(to width: Int, _ upsampling: UNet.Upsampling) -> any Layer {
  switch upsampling {
  case .transposed: ConvTranspose2d(2 * width, width, kernel: 2, stride: 2)
  case .bilinear: Chain(Upsample(scale: 2, mode: .bilinear), Conv2d(2 * width, width, kernel: 1))
  }
}
