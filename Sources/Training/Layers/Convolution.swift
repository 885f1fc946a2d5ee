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
  private let weightInitializer: Initializer?
  private let biasInitializer: Initializer?

  /// Creates a layer; weights and bias start uniform on ±1/√(C·K·K), as torch's, unless stated.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true,
    weightInitializer: Initializer? = nil, biasInitializer: Initializer? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    hasBias = bias
    self.weightInitializer = weightInitializer
    self.biasInitializer = biasInitializer
  }

  /// Builds the layer.
  ///
  /// Throws `GraphError` where x is not (N, C, H, W).
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["inputs": inputs, "outputs": outputs, "kernel": kernel], "conv2d", in: builder)
    let standard = Initializer.uniform(fanIn: inputs * kernel * kernel)
    let weight = try builder.parameter("weight", [outputs, inputs, kernel, kernel], weightInitializer ?? standard)
    let bias = hasBias ? try builder.parameter("bias", [outputs], biasInitializer ?? standard) : nil
    return try builder.apply(
      .conv2d(square(kernel, stride: stride, padding: padding)), [x, weight, bias].compactMap { $0 })
  }
}

/// Transposed 2-d convolution with a square kernel, without output padding (torch.nn.ConvTranspose2d).
///
/// Takes x (N, C, H, W), gives y (N, O, OH, OW), OH = (H - 1) stride - 2 padding + K.
///
/// Parameters "weight" (C, O, K, K) and, with a bias, "bias" (O).
public struct ConvTranspose2d: Layer {
  /// Channels in.
  public let inputs: Int
  /// Channels out.
  public let outputs: Int
  /// Height and width of the kernel.
  public let kernel: Int
  /// Stride in both directions.
  public let stride: Int
  /// Rows and columns cut off on every side.
  public let padding: Int
  /// Whether a bias is added.
  public let hasBias: Bool

  /// Creates a layer; weights and bias start uniform on ±1/√(O·K·K).
  ///
  /// torch counts the fan of a weight from its second extent, which is the outputs here.
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
    try positive(["inputs": inputs, "outputs": outputs, "kernel": kernel], "conv_transpose2d", in: builder)
    let standard = Initializer.uniform(fanIn: outputs * kernel * kernel)
    let weight = try builder.parameter("weight", [inputs, outputs, kernel, kernel], standard)
    let bias = hasBias ? try builder.parameter("bias", [outputs], standard) : nil
    return try builder.apply(
      .convTranspose2d(square(kernel, stride: stride, padding: padding)), [x, weight, bias].compactMap { $0 })
  }
}

private func square(_ kernel: Int, stride: Int, padding: Int) -> ConvolutionAttributes {
  ConvolutionAttributes(kernel: [kernel, kernel], stride: [stride, stride], padding: [padding, padding])
}
