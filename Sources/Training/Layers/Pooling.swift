public import GraphIR

/// Largest value of each window (torch.nn.MaxPool2d).
public struct MaxPool2d: Layer {
  private let attributes: PoolingAttributes

  /// Creates a layer; the stride is the window unless stated.
  public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0) {
    attributes = squareWindow(kernel, stride: stride, padding: padding)
  }

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.maxPool2d(attributes), x)
  }
}

/// Mean of each window, padding counted (torch.nn.AvgPool2d).
public struct AvgPool2d: Layer {
  private let attributes: PoolingAttributes

  /// Creates a layer; the stride is the window unless stated.
  public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0) {
    attributes = squareWindow(kernel, stride: stride, padding: padding)
  }

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.avgPool2d(attributes), x)
  }
}

/// Mean of each channel, (N, C, H, W) → (N, C, 1, 1) (torch.nn.AdaptiveAvgPool2d(1)).
public struct GlobalAveragePool2d: Layer {
  /// Creates the layer.
  public init() {}

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.globalAveragePool, x)
  }
}

/// Enlarges images by a whole factor, (N, C, H, W) → (N, C, scale H, scale W) (torch.nn.Upsample, align_corners false).
public struct Upsample: Layer {
  private let attributes: UpsampleAttributes

  /// Creates a layer; torch's default mode is nearest.
  public init(scale: Int, mode: UpsampleAttributes.Mode = .nearest) {
    attributes = UpsampleAttributes(scale: scale, mode: mode)
  }

  /// Builds the layer.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.apply(.upsample2d(attributes), x)
  }
}

private func squareWindow(_ kernel: Int, stride: Int?, padding: Int) -> PoolingAttributes {
  let stride = stride ?? kernel
  return PoolingAttributes(kernel: [kernel, kernel], stride: [stride, stride], padding: [padding, padding])
}
