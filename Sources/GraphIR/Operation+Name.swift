import TensorCore

extension Operation {
  /// The name of the operation, torch's where torch has it.
  public var name: String {
    switch self {
    case .linear(let relu): relu ? "linear+relu" : "linear"
    case .matmul: "matmul"
    case .conv2d: "conv2d"
    case .convTranspose2d: "conv_transpose2d"
    case .attention: "scaled_dot_product_attention"
    case .lstm: "lstm"
    case .relu: "relu"
    case .gelu: "gelu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .silu: "silu"
    case .maxPool2d: "max_pool2d"
    case .avgPool2d: "avg_pool2d"
    case .globalAveragePool: "adaptive_avg_pool2d"
    case .batchNorm(let attributes): attributes.relu ? "batch_norm+relu" : "batch_norm"
    case .batchNormInference(let attributes): attributes.relu ? "batch_norm_inference+relu" : "batch_norm_inference"
    case .layerNorm: "layer_norm"
    case .dropout: "dropout"
    case .flatten: "flatten"
    case .toSequence: "to_sequence"
    case .reshape: "reshape"
    case .add: "add"
    case .multiply: "mul"
    case .embedding: "embedding"
    case .gather: "gather"
    case .concat: "cat"
    case .slice: "slice"
    case .expand: "expand"
    case .upsample2d(let attributes): "upsample_\(attributes.mode.rawValue)2d"
    case .crossEntropy: "cross_entropy"
    case .bceWithLogits: "binary_cross_entropy_with_logits"
    case .binaryCrossEntropy: "binary_cross_entropy"
    case .meanSquaredError: "mse_loss"
    case .cast(let dtype): "cast_\(dtype.rawValue)"
    case .conv2dBackwardData: "conv2d_backward_data"
    case .conv2dBackwardWeights: "conv2d_backward_weights"
    case .reluBackward: "relu_backward"
    case .geluBackward: "gelu_backward"
    case .maxPool2dBackward: "max_pool2d_backward"
    case .avgPool2dBackward: "avg_pool2d_backward"
    case .globalAveragePoolBackward: "adaptive_avg_pool2d_backward"
    case .batchNormBackward(let attributes): attributes.relu ? "batch_norm+relu_backward" : "batch_norm_backward"
    case .sigmoidBackward: "sigmoid_backward"
    case .tanhBackward: "tanh_backward"
    case .siluBackward: "silu_backward"
    case .attentionBackward: "scaled_dot_product_attention_backward"
    case .lstmBackward: "lstm_backward"
    case .layerNormBackward: "layer_norm_backward"
    case .unflatten: "unflatten"
    case .fromSequence: "from_sequence"
    case .columnSum: "column_sum"
    case .embeddingBackward: "embedding_backward"
    case .gatherBackward: "gather_backward"
    case .sliceBackward: "slice_backward"
    case .upsample2dBackward(let attributes): "upsample_\(attributes.mode.rawValue)2d_backward"
    case .crossEntropyBackward: "cross_entropy_backward"
    case .bceWithLogitsBackward: "binary_cross_entropy_with_logits_backward"
    case .binaryCrossEntropyBackward: "binary_cross_entropy_backward"
    case .meanSquaredErrorBackward: "mse_loss_backward"
    case .accumulateLoss: "accumulate_loss"
    case .accumulate: "accumulate"
    case .unscale: "unscale"
    case .clip(let clipping): clipping.name
    case .commit: "commit"
    }
  }

  /// Attributes for people, for example "kernel 3x3 stride 1 padding 1"; empty where there are none.
  public var attributesText: String {
    switch self {
    case .matmul(let a, let b): "\(a ? "Aᵀ" : "A")·\(b ? "Bᵀ" : "B")"
    case .conv2d(let c), .conv2dBackwardData(let c), .conv2dBackwardWeights(let c, _), .convTranspose2d(let c):
      Self.geometry(c.kernel, c.stride, c.padding)
    case .maxPool2d(let p), .avgPool2d(let p), .maxPool2dBackward(let p), .avgPool2dBackward(let p):
      Self.geometry(p.kernel, p.stride, p.padding)
    case .batchNorm(let b): "momentum \(b.momentum) eps \(b.eps)"
    case .batchNormInference(let b): "eps \(b.eps)"
    case .attention(let a), .attentionBackward(let a): "heads \(a.heads)\(a.isCausal ? " causal" : "")"
    case .layerNorm(let eps): "eps \(eps)"
    case .concat(let dimension): "dimension \(dimension)"
    case .slice(let dimension, let start, let count): "dimension \(dimension) from \(start) count \(count)"
    case .sliceBackward(let dimension, let start): "dimension \(dimension) from \(start)"
    case .expand(let count): "count \(count)"
    case .upsample2d(let u), .upsample2dBackward(let u): "scale \(u.scale)"
    case .accumulateLoss(let count): "mean of \(count) micro-batches"
    case .clip(let clipping): clipping.description
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
