/// Kinds of operations, for tables of where time goes: an operation and its backward are of one kind.
public enum OperationKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Products of matrices: linear layers with both their gradients.
  case linear
  /// Convolutions, transposed ones among them, with both their gradients.
  case convolution
  /// Scaled dot-product attention.
  case attention
  /// LSTM layers.
  case lstm
  /// Batch normalisation.
  case batchNorm = "batch norm"
  /// Layer normalisation.
  case layerNorm = "layer norm"
  /// relu, gelu, sigmoid, tanh, silu, where they are not part of another operation.
  case activation
  /// Max and average pooling.
  case pooling
  /// Dropout.
  case dropout
  /// Rows of tables.
  case embedding
  /// Sums and products element by element.
  case elementwise
  /// Sums over rows: gradients of biases.
  case biasGradient = "bias gradient"
  /// Other shapes and other places for the same elements, and upsampling.
  case layout
  /// Losses.
  case loss
  /// Conversions between formats.
  case cast
  /// What judges and commits a step.
  case optimizer

  /// Whether it multiplies matrices: what counts as GEMM and convolution.
  public var multipliesMatrices: Bool {
    switch self {
    case .linear, .convolution, .attention, .lstm: true
    default: false
    }
  }
}

extension Operation {
  /// The kind of operation it is.
  public var kind: OperationKind {
    switch self {
    case .linear, .matmul: .linear
    case .conv2d, .convTranspose2d, .conv2dBackwardData, .conv2dBackwardWeights: .convolution
    case .attention, .attentionBackward: .attention
    case .lstm, .lstmBackward: .lstm
    case .batchNorm, .batchNormInference, .batchNormBackward: .batchNorm
    case .layerNorm, .layerNormBackward: .layerNorm
    case .relu, .gelu, .sigmoid, .tanh, .silu, .reluBackward, .geluBackward, .sigmoidBackward, .tanhBackward,
      .siluBackward:
      .activation
    case .maxPool2d, .avgPool2d, .globalAveragePool, .maxPool2dBackward, .avgPool2dBackward,
      .globalAveragePoolBackward:
      .pooling
    case .dropout: .dropout
    case .embedding, .gather, .embeddingBackward, .gatherBackward: .embedding
    case .add, .multiply: .elementwise
    case .columnSum: .biasGradient
    case .flatten, .unflatten, .toSequence, .fromSequence, .reshape, .concat, .slice, .sliceBackward, .expand,
      .upsample2d, .upsample2dBackward:
      .layout
    case .crossEntropy, .bceWithLogits, .binaryCrossEntropy, .meanSquaredError, .crossEntropyBackward,
      .bceWithLogitsBackward, .binaryCrossEntropyBackward, .meanSquaredErrorBackward:
      .loss
    case .cast: .cast
    case .accumulateLoss, .accumulate, .unscale, .clip, .commit: .optimizer
    }
  }
}
