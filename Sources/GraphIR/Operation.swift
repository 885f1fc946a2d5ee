public import TensorCore

/// What a node computes.
///
/// Operands and results are listed with each case, in order.
///
/// Shapes: activations (N, C, H, W) or (N, features); weights of linear (out, in); weights of convolution (O, I, KH, KW).
public enum Operation: Sendable, Hashable {
  // MARK: Forward

  /// x (N, in), weight (out, in), [bias (out)] → y (N, out); with `relu`, y = max(y, 0).
  case linear(relu: Bool)
  /// A, B → op(A) op(B), both of rank 2; `transposeA` says that A is (k, m), `transposeB` that B is (n, k).
  case matmul(transposeA: Bool, transposeB: Bool)
  /// x (N, C, H, W), weight (O, C, KH, KW), [bias (O)] → y (N, O, OH, OW).
  case conv2d(ConvolutionAttributes)
  /// x → max(x, 0).
  case relu
  /// x → x Φ(x), the exact form (torch's default).
  case gelu
  /// x (N, C, H, W) → y (N, C, OH, OW), arg-max positions (opaque).
  case maxPool2d(PoolingAttributes)
  /// x (N, C, H, W) → y (N, C, OH, OW); padding counts, as torch's default.
  case avgPool2d(PoolingAttributes)
  /// x (N, C, H, W) → y (N, C, 1, 1).
  case globalAveragePool
  /// x (N, C, …), weight, bias, running mean, running variance (C) → y, batch mean, batch rstd, new running mean, new
  /// running variance (C, fp32). With `relu`, y = max(y, 0).
  case batchNorm(BatchNormAttributes)
  /// x, weight, bias, running mean, running variance → y.
  case batchNormInference(BatchNormAttributes)
  /// x → x with a share `probability` of elements set to 0 and the rest divided by 1 - probability. `stream` numbers the
  /// layers, so that each draws its own mask; the same mask applies to a gradient.
  case dropout(probability: Float, stream: UInt32)
  /// x (N, C, H, W) → (N, C·H·W), in torch's order C, H, W.
  case flatten
  /// x, y → x + y.
  case add
  /// logits (N, classes), labels (N) → mean loss (), fp32.
  case crossEntropy
  /// x → x in another format, rounded to nearest even.
  case cast(DType)

  // MARK: Backward

  /// dy, weight → dx.
  case conv2dBackwardData(ConvolutionAttributes)
  /// x, dy → dweight, [dbias where `bias`].
  case conv2dBackwardWeights(ConvolutionAttributes, bias: Bool)
  /// dy, y → dx.
  case reluBackward
  /// dy, x → dx.
  case geluBackward
  /// dy, arg-max positions → dx.
  case maxPool2dBackward(PoolingAttributes)
  /// dy → dx.
  case avgPool2dBackward(PoolingAttributes)
  /// dy (N, C, 1, 1) → dx (N, C, H, W).
  case globalAveragePoolBackward
  /// dy, x, [y where relu was fused], weight, batch mean, batch rstd → dx, dweight, dbias.
  case batchNormBackward(BatchNormAttributes)
  /// dy (N, C·H·W) → dx (N, C, H, W).
  case unflatten
  /// dy (N, out) → column sums (out).
  case columnSum
  /// logits, labels → dlogits, multiplied by the loss scale.
  case crossEntropyBackward

  // MARK: End of a step

  /// loss, gradients…, pending statistics… → nothing: judges them and commits everything or nothing.
  case commit(CommitAttributes)
}

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

extension Operation {
  /// The name of the operation, torch's where torch has it.
  public var name: String {
    switch self {
    case .linear(let relu): relu ? "linear+relu" : "linear"
    case .matmul: "matmul"
    case .conv2d: "conv2d"
    case .relu: "relu"
    case .gelu: "gelu"
    case .maxPool2d: "max_pool2d"
    case .avgPool2d: "avg_pool2d"
    case .globalAveragePool: "adaptive_avg_pool2d"
    case .batchNorm(let attributes): attributes.relu ? "batch_norm+relu" : "batch_norm"
    case .batchNormInference(let attributes): attributes.relu ? "batch_norm_inference+relu" : "batch_norm_inference"
    case .dropout: "dropout"
    case .flatten: "flatten"
    case .add: "add"
    case .crossEntropy: "cross_entropy"
    case .cast(let dtype): "cast_\(dtype.rawValue)"
    case .conv2dBackwardData: "conv2d_backward_data"
    case .conv2dBackwardWeights: "conv2d_backward_weights"
    case .reluBackward: "relu_backward"
    case .geluBackward: "gelu_backward"
    case .maxPool2dBackward: "max_pool2d_backward"
    case .avgPool2dBackward: "avg_pool2d_backward"
    case .globalAveragePoolBackward: "adaptive_avg_pool2d_backward"
    case .batchNormBackward(let attributes): attributes.relu ? "batch_norm+relu_backward" : "batch_norm_backward"
    case .unflatten: "unflatten"
    case .columnSum: "column_sum"
    case .crossEntropyBackward: "cross_entropy_backward"
    case .commit: "commit"
    }
  }

  /// Attributes for people, for example "kernel 3x3 stride 1 padding 1"; empty where there are none.
  public var attributesText: String {
    switch self {
    case .matmul(let a, let b): "\(a ? "Aᵀ" : "A")·\(b ? "Bᵀ" : "B")"
    case .conv2d(let c), .conv2dBackwardData(let c), .conv2dBackwardWeights(let c, _):
      Self.geometry(c.kernel, c.stride, c.padding)
    case .maxPool2d(let p), .avgPool2d(let p), .maxPool2dBackward(let p), .avgPool2dBackward(let p):
      Self.geometry(p.kernel, p.stride, p.padding)
    case .batchNorm(let b): "momentum \(b.momentum) eps \(b.eps)"
    case .batchNormInference(let b): "eps \(b.eps)"
    case .dropout(let p, let stream): "p \(p) stream \(stream)"
    case .commit(let c): c.description
    default: ""
    }
  }

  private static func geometry(_ kernel: [Int], _ stride: [Int], _ padding: [Int]) -> String {
    func pair(_ v: [Int]) -> String { v.map(String.init).joined(separator: "x") }
    return "kernel \(pair(kernel)) stride \(pair(stride)) padding \(pair(padding))"
  }
}
