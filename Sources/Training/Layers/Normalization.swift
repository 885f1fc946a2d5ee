public import GraphIR
import TensorCore

/// Batch normalisation (torch.nn.BatchNorm2d and BatchNorm1d; Ioffe & Szegedy 2015).
///
/// x (N, C, H, W) or (N, C); parameters "weight" and "bias" (C), statistics "running_mean" and "running_var" (C), all
/// fp32 in every precision. Running statistics are part of the step's transaction: a skipped step leaves them alone.
public struct BatchNorm: Layer {
  /// Number of channels.
  public let channels: Int
  /// Weight of the batch in the running statistics.
  public let momentum: Float
  /// Added to the variance.
  public let eps: Float

  /// Creates a layer; PyTorch's defaults.
  public init(_ channels: Int, momentum: Float = 0.1, eps: Float = 1e-5) {
    self.channels = channels
    self.momentum = momentum
    self.eps = eps
  }

  /// Builds the layer: of the batch in training, with running statistics in inference.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["channels": channels], "batch_norm", in: builder)
    let weight = try builder.parameter("weight", [channels], .constant(1))
    let bias = try builder.parameter("bias", [channels], .constant(0))
    let mean = try builder.statistic("running_mean", [channels], .constant(0))
    let variance = try builder.statistic("running_var", [channels], .constant(1))
    return try builder.batchNorm(
      x, weight: weight, bias: bias, runningMean: mean, runningVariance: variance,
      BatchNormAttributes(momentum: momentum, eps: eps))
  }
}

/// Layer normalisation over the last extent (torch.nn.LayerNorm; Ba, Kiros & Hinton 2016).
///
/// x (N, C) or (N, T, C); parameters "weight" and "bias" (C), fp32 in every precision, as the layer itself.
public struct LayerNorm: Layer {
  /// Number of channels.
  public let channels: Int
  /// Added to the variance.
  public let eps: Float

  /// Creates a layer; PyTorch's defaults.
  public init(_ channels: Int, eps: Float = 1e-5) {
    self.channels = channels
    self.eps = eps
  }

  /// Builds the layer.
  ///
  /// Throws `GraphError` where x is neither (N, C) nor (N, T, C).
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["channels": channels], "layer_norm", in: builder)
    let weight = try builder.parameter("weight", [channels], .constant(1))
    let bias = try builder.parameter("bias", [channels], .constant(0))
    return try builder.apply(.layerNorm(eps: eps), x, weight, bias)
  }
}
