public import GraphIR
import TensorCore

/// 2-d convolution with a square kernel (torch.nn.Conv2d).
///
/// Takes x (N, C, H, W), gives y (N, O, OH, OW).
///
/// Parameters "weight" (O, C, K, K) and, with a bias, "bias" (O).
public struct Conv2d: Layer {
  /// Channels in.
  public let inputs: Int
  /// Channels out.
  public let outputs: Int
  /// Height and width of the kernel.
  public let kernel: Int
  /// Stride in both directions.
  public let stride: Int
  /// Zeros on every side.
  public let padding: Int
  /// Whether a bias is added.
  public let hasBias: Bool

  /// Creates a layer; weights and bias start uniform on ±1/√(C·K·K), as torch's.
  public init(_ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    hasBias = bias
  }

  /// Builds the layer.
  ///
  /// Throws `GraphError` where x is not (N, C, H, W).
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["inputs": inputs, "outputs": outputs, "kernel": kernel], "conv2d", in: builder)
    let operation = Operation.conv2d(
      ConvolutionAttributes(
        kernel: [kernel, kernel], stride: [stride, stride], padding: [padding, padding]))
    let bound = 1 / Float(inputs * kernel * kernel).squareRoot()
    let weight = try builder.parameter("weight", [outputs, inputs, kernel, kernel], .uniform(bound: bound))
    guard hasBias else { return try builder.apply(operation, x, weight) }
    let bias = try builder.parameter("bias", [outputs], .uniform(bound: bound))
    return try builder.apply(operation, x, weight, bias)
  }
}

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

private func squareWindow(_ kernel: Int, stride: Int?, padding: Int) -> PoolingAttributes {
  let stride = stride ?? kernel
  return PoolingAttributes(kernel: [kernel, kernel], stride: [stride, stride], padding: [padding, padding])
}
