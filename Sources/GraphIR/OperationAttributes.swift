/// Geometry of a convolution; groups 1, dilation 1.
public struct ConvolutionAttributes: Sendable, Hashable {
  /// Kernel height and width.
  public var kernel: [Int]
  /// Strides (H, W).
  public var stride: [Int]
  /// Padding on each side (H, W).
  public var padding: [Int]

  /// Creates a geometry.
  public init(kernel: [Int], stride: [Int], padding: [Int]) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }
}

/// Geometry of a pooling window.
public struct PoolingAttributes: Sendable, Hashable {
  /// Window height and width.
  public var kernel: [Int]
  /// Strides (H, W).
  public var stride: [Int]
  /// Padding on each side (H, W).
  public var padding: [Int]

  /// Creates a geometry.
  public init(kernel: [Int], stride: [Int], padding: [Int]) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }
}

/// Constants of a batch normalisation.
public struct BatchNormAttributes: Sendable, Hashable {
  /// Weight of the batch in the running statistics.
  public var momentum: Float
  /// Added to the variance.
  public var eps: Float
  /// Whether max(·, 0) follows in the same kernel.
  public var relu: Bool

  /// Creates the constants; PyTorch's defaults.
  public init(momentum: Float = 0.1, eps: Float = 1e-5, relu: Bool = false) {
    self.momentum = momentum
    self.eps = eps
    self.relu = relu
  }
}

/// Heads of an attention.
public struct AttentionAttributes: Sendable, Hashable {
  /// Number of heads; divides the channels.
  public var heads: Int
  /// Whether a position sees only itself and those before it.
  public var isCausal: Bool

  /// Creates the attributes.
  public init(heads: Int, isCausal: Bool) {
    self.heads = heads
    self.isCausal = isCausal
  }
}

/// How an image is enlarged.
public struct UpsampleAttributes: Sendable, Hashable {
  /// What stands between the pixels.
  public enum Mode: String, Sendable, Hashable {
    /// Each pixel repeated.
    case nearest
    /// Linear in both directions, pixel centres half a pixel from the border (align_corners false).
    case bilinear
  }

  /// Factor of height and width, a whole number.
  public var scale: Int
  /// What stands between the pixels.
  public var mode: Mode

  /// Creates the attributes.
  public init(scale: Int, mode: Mode) {
    self.scale = scale
    self.mode = mode
  }
}
