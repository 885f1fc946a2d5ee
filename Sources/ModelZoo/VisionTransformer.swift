public import GraphIR
import TensorCore
public import Training

/// Vision transformer (Dosovitskiy and others, 2021), under torchvision's names.
///
/// Takes images (N, C, H, W), H and W multiples of the patch, gives logits (N, classes). A convolution makes a token of
/// every patch; a class token stands before them, and what becomes of it feeds the head. Perceptrons are four times as
/// wide as tokens, layer norms have eps 1e-6. Starts as torchvision's: the head at 0.
///
/// | size | patch | width | heads | layers | parameters |
/// |---|---|---|---|---|---|
/// | tiny | 4 | 64 | 4 | 4 | 205,066 with grey 28×28 images and 10 classes |
/// | vit_b_16 | 16 | 768 | 12 | 12 | 86,567,656 with 224×224 images in colour and 1000 classes |
///
/// Parameters are named "class_token", "conv_proj.weight", "encoder.pos_embedding",
/// "encoder.layers.encoder_layer_0.self_attention.in_proj_weight", …, "heads.head.weight".
public struct VisionTransformer: Layer {
  /// A size with a name.
  public enum Size: String, Sendable, Hashable, CaseIterable {
    /// For small images on a small machine.
    case tiny
    /// ViT-B/16.
    case vitB16 = "vit_b_16"

    /// Patch, width, heads and layers.
    var extents: (patch: Int, width: Int, heads: Int, layers: Int) {
      switch self {
      case .tiny: (4, 64, 4, 4)
      case .vitB16: (16, 768, 12, 12)
      }
    }
  }

  /// Sizes of the network.
  public struct Sizes: Sendable, Hashable {
    /// What the other sizes are unless stated.
    public var size = Size.tiny
    /// Height and width of a patch; nil for the size's own.
    public var patch: Int?
    /// Channels of a token; nil for the size's own.
    public var width: Int?
    /// Heads of attention; nil for the size's own.
    public var heads: Int?
    /// Transformer blocks; nil for the size's own.
    public var layers: Int?
    /// Share of activations dropped in training.
    public var dropout: Float = 0

    /// The documented defaults.
    public init() {}
  }

  private let image: [Int]
  private let classes: Int
  private let patch: Int
  private let width: Int
  private let dropout: Dropout
  private let blocks: Chain

  /// Creates a network for images of shape [C, H, W].
  ///
  /// Throws `TrainingError` where patches do not cover an image, or names the size out of range.
  public init(image: [Int], classes: Int, sizes: Sizes = Sizes()) throws(TrainingError) {
    let extents = try imageExtents("vit", image)
    let own = sizes.size.extents
    let (layers, heads) = (sizes.layers ?? own.layers, sizes.heads ?? own.heads)
    let (patch, width) = (sizes.patch ?? own.patch, sizes.width ?? own.width)
    try requirePositive("vit", ["--patch": patch, "--layers": layers])
    try requireHeads("vit", width: width, heads: heads)
    guard extents.height % patch == 0, extents.width % patch == 0 else {
      throw TrainingError(
        "model vit: --patch must divide height and width, found \(patch) for images of shape \(image)")
    }
    self.image = image
    self.classes = classes
    self.patch = patch
    self.width = width
    dropout = Dropout(sizes.dropout)
    blocks = Chain(
      (0..<layers).map { number in
        Named("layers.encoder_layer_\(number)", block(width: width, heads: heads, dropout: sizes.dropout))
      })
  }

  /// Builds the network.
  ///
  /// Throws `GraphError` where x is no batch of the images that the network was made for.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    let shape = builder.shape(x)
    guard Array(shape.dimensions.dropFirst()) == image else {
      throw GraphError(.shape, layer: builder.layer, "vit was made for images \(Shape(image)), found x \(shape)")
    }
    let count = shape[0]
    let token = try builder.parameter("class_token", [1, 1, width], .constant(0))
    let tokens = try builder.apply(.toSequence, try Named("conv_proj", projection)(x, in: &builder))
    let sequence = try builder.apply(
      .concat(dimension: 1), try builder.apply(.expand(count: count), token), tokens)
    let encoded = try Named("encoder", encoder)(sequence, in: &builder)
    let first = try builder.apply(.slice(dimension: 1, start: 0, count: 1), encoded)
    let head = Linear(width, classes, weightInitializer: .constant(0), biasInitializer: .constant(0))
    return try Named("heads.head", head)(try builder.reshape(first, to: [count, width]), in: &builder)
  }

  /// Patches to tokens.
  private var projection: Conv2d {
    // torchvision's trunc_normal_ over the fan of a patch.
    let deviation = 1 / Float(image[0] * patch * patch).squareRoot()
    return Conv2d(
      image[0], width, kernel: patch, stride: patch,
      weightInitializer: .truncatedNormal(standardDeviation: deviation), biasInitializer: .constant(0))
  }

  /// Positions, blocks and the last layer norm.
  private var encoder: Chain {
    let length = (image[1] / patch) * (image[2] / patch) + 1
    return Chain(
      PositionEmbedding(length: length, width: width), dropout, blocks, Named("ln", LayerNorm(width, eps: 1e-6)))
  }
}

/// x (N, T, C) plus a learned row for every place, "pos_embedding" (1, T, C).
private struct PositionEmbedding: Layer {
  let length: Int
  let width: Int

  func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    let rows = try builder.parameter("pos_embedding", [1, length, width], .normal(standardDeviation: 0.02))
    return try builder.apply(.add, x, try builder.reshape(rows, to: [length, width]))
  }
}

/// x + attention(layer norm(x)), then x + perceptron(layer norm(x)).
private func block(width: Int, heads: Int, dropout: Float) -> any Layer {
  let perceptron = Sequential(
    linear(width, 4 * width), GELU(), Dropout(dropout), linear(4 * width, width), Dropout(dropout))
  return Chain(
    Residual(
      Chain(
        Named("ln_1", LayerNorm(width, eps: 1e-6)),
        Named("self_attention", MultiheadSelfAttention(width, heads: heads)), Dropout(dropout))),
    Residual(Chain(Named("ln_2", LayerNorm(width, eps: 1e-6)), Named("mlp", perceptron))))
}

private func linear(_ inputs: Int, _ outputs: Int) -> Linear {
  Linear(
    inputs, outputs, weightInitializer: .xavierUniform(fanIn: inputs, fanOut: outputs),
    biasInitializer: .normal(standardDeviation: 1e-6))
}
