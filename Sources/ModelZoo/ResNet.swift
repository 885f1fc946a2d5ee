public import GraphIR
public import Training

/// Residual network (He, Zhang, Ren & Sun 2016), under torchvision's names.
///
/// Takes images (N, C, H, W), gives logits (N, classes).
///
/// Depths 18 and 50 are torchvision's networks for large images: conv 7×7 of stride 2, 3×3 max pooling of stride 2, and
/// four stages of basic blocks, or of bottlenecks with the stride in their 3×3 convolution ("v1.5"). Other depths are
/// 6 n + 2, the paper's networks for small images (section 4.2): conv 3×3 and three stages of n basic blocks, where a
/// 1×1 convolution fits the shortcut to a new shape. Stage i has `width` 2^i channels; every stage but the first halves
/// height and width. Convolutions start in kaiming_normal_ (fan_out), as torchvision's.
///
/// | depth | width | classes, channels | parameters |
/// |---|---|---|---|
/// | 8 | 16 | 10, 1 | 77,754 |
/// | 20 | 16 | 10, 3 | 272,474 |
/// | 18 | 64 | 1000, 3 | 11,689,512 |
/// | 50 | 64 | 1000, 3 | 25,557,032 |
public struct ResNet: Layer {
  /// Sizes of the network.
  public struct Sizes: Sendable, Hashable {
    /// Layers with weights: 18, 50, or 6 n + 2.
    public var depth = 8
    /// Channels of the first stage; nil for 64 with depths 18 and 50, else 16.
    public var width: Int?

    /// The documented defaults.
    public init() {}

    /// Channels of the first stage, stated or not.
    var ownWidth: Int { width ?? (depth == 18 || depth == 50 ? 64 : 16) }
  }

  private let body: Chain

  /// Creates a network for images of `channels` channels.
  ///
  /// Throws `TrainingError` that names the size out of range.
  public init(channels: Int, classes: Int, sizes: Sizes = Sizes()) throws(TrainingError) {
    let stages: [Int]
    switch sizes.depth {
    case 18: stages = [2, 2, 2, 2]
    case 50: stages = [3, 4, 6, 3]
    case let depth where depth >= 8 && depth % 6 == 2: stages = Array(repeating: (depth - 2) / 6, count: 3)
    default:
      throw TrainingError("model resnet: --depth is 18, 50 or 6 n + 2 (8, 14, 20, …), found \(sizes.depth)")
    }
    let isLarge = stages.count == 4
    let width = sizes.ownWidth
    try requirePositive("resnet", ["--width": width])
    var parts: [any Layer] = [
      convolution("conv1", channels, width, kernel: isLarge ? 7 : 3, stride: isLarge ? 2 : 1),
      normalization("bn1", width), ReLU(),
    ]
    if isLarge { parts.append(MaxPool2d(3, stride: 2, padding: 1)) }
    var inputs = width
    for (stage, count) in stages.enumerated() {
      var blocks: [any Layer] = []
      for position in 0..<count {
        let block = Block(
          inputs: inputs, width: width << stage, stride: stage > 0 && position == 0 ? 2 : 1,
          isBottleneck: sizes.depth == 50)
        blocks.append(block.layer)
        inputs = block.outputs
      }
      parts.append(Named("layer\(stage + 1)", Sequential(blocks)))
    }
    parts += [GlobalAveragePool2d(), Flatten(), Named("fc", Linear(inputs, classes))] as [any Layer]
    body = Chain(parts)
  }

  /// Builds the network.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try body(x, in: &builder)
  }
}

/// A block: convolutions around a shortcut, then ReLU.
private struct Block {
  let inputs: Int
  let width: Int
  let stride: Int
  let isBottleneck: Bool

  var outputs: Int { isBottleneck ? 4 * width : width }

  var layer: any Layer {
    let body =
      isBottleneck
      ? Chain(
        convolution("conv1", inputs, width, kernel: 1), normalization("bn1", width), ReLU(),
        convolution("conv2", width, width, kernel: 3, stride: stride), normalization("bn2", width), ReLU(),
        convolution("conv3", width, outputs, kernel: 1), normalization("bn3", outputs))
      : Chain(
        convolution("conv1", inputs, width, kernel: 3, stride: stride), normalization("bn1", width), ReLU(),
        convolution("conv2", width, width, kernel: 3), normalization("bn2", width))
    let projection = Named(
      "downsample",
      Sequential(unnamed(inputs, outputs, kernel: 1, stride: stride), BatchNorm(outputs)))
    return Chain(Residual(body, shortcut: stride == 1 && inputs == outputs ? nil : projection), ReLU())
  }
}

private func unnamed(_ inputs: Int, _ outputs: Int, kernel: Int, stride: Int) -> Conv2d {
  Conv2d(
    inputs, outputs, kernel: kernel, stride: stride, padding: kernel / 2, bias: false,
    weightInitializer: .kaimingNormal(fan: outputs * kernel * kernel))
}

private func convolution(_ name: String, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1) -> Named {
  Named(name, unnamed(inputs, outputs, kernel: kernel, stride: stride))
}

private func normalization(_ name: String, _ channels: Int) -> Named { Named(name, BatchNorm(channels)) }
