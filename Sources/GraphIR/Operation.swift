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
  /// A, B → op(A) op(B), both of rank 2, or both of rank 3 with equal first extents (torch.bmm); `transposeA` says that
  /// A is (…, k, m), `transposeB` that B is (…, n, k).
  case matmul(transposeA: Bool, transposeB: Bool)
  /// x (N, C, H, W), weight (O, C, KH, KW), [bias (O)] → y (N, O, OH, OW).
  case conv2d(ConvolutionAttributes)
  /// x (N, I, H, W), weight (I, O, KH, KW), [bias (O)] → y (N, O, OH, OW), OH = (H - 1) stride - 2 padding + KH
  /// (torch.nn.ConvTranspose2d without output padding).
  case convTranspose2d(ConvolutionAttributes)
  /// qkv (N, T, 3 C), queries, keys and values side by side → o (N, T, C), logsumexp (N, heads, T, fp32):
  /// softmax(q kᵀ / √d) v for every head of d = C / heads columns (torch's scaled_dot_product_attention).
  case attention(AttentionAttributes)
  /// x (N, T, I), weight_ih (4 H, I), weight_hh (4 H, H), bias_ih, bias_hh (4 H) → y (N, T, H), activated gates
  /// (N, T, 4 H) and cells (N, T, H), kept for backward; gates in torch's order i, f, g, o, from a state of zeros.
  case lstm
  /// x → max(x, 0).
  case relu
  /// x → x Φ(x), the exact form (torch's default).
  case gelu
  /// x → 1 / (1 + e⁻ˣ).
  case sigmoid
  /// x → tanh x.
  case tanh
  /// x → x sigmoid(x) (Elfwing, Uchibe & Doya 2018).
  case silu
  /// x (N, C, H, W) → y (N, C, OH, OW), arg-max positions (opaque).
  case maxPool2d(PoolingAttributes)
  /// x (N, C, H, W) → y (N, C, OH, OW); padding counts, as torch's default.
  case avgPool2d(PoolingAttributes)
  /// x (N, C, H, W) → y (N, C, 1, 1).
  case globalAveragePool
  /// x (N, C, …), weight, bias, running mean, running variance (C) → y, batch mean, batch rstd, new running mean, new
  /// running variance (C, fp32). With `relu`, y = max(y, 0).
  case batchNorm(BatchNormAttributes)
  /// x (…, C), weight, bias (C) → y, mean, rstd (…, fp32) (Ba, Kiros & Hinton 2016).
  case layerNorm(eps: Float)
  /// x, weight, bias, running mean, running variance → y.
  case batchNormInference(BatchNormAttributes)
  /// x → x with a share `probability` of elements set to 0 and the rest divided by 1 - probability. `stream` numbers the
  /// layers, so that each draws its own mask; the same mask applies to a gradient.
  case dropout(probability: Float, stream: UInt32)
  /// x (N, C, H, W) → (N, C·H·W), in torch's order C, H, W.
  case flatten
  /// x (N, C, H, W) → (N, H·W, C): pixels as a sequence (torch's flatten(2).transpose(1, 2)).
  case toSequence
  /// x → the same elements in the same order under a stated shape; both of rank 3 or less.
  case reshape
  /// x, y → x + y; y may have only the trailing extents of x, and is then added to each of the leading ones.
  case add
  /// x, y → x y, element by element.
  case multiply
  /// table (V, C), indices (…, int64) → rows (…, C); an index outside the table gives NaN.
  case embedding
  /// x (N, R, C), indices (N, K, int64) → (N, K, C): rows of each sample (torch.gather along dimension 1); an index
  /// outside gives NaN.
  case gather
  /// Tensors that differ in one extent only → one after the other along it.
  case concat(dimension: Int)
  /// x → `count` places of one dimension from `start` on.
  case slice(dimension: Int, start: Int, count: Int)
  /// x (1, …) → (N, …), N times the same.
  case expand(count: Int)
  /// x (N, C, H, W) → (N, C, scale H, scale W) (torch.nn.functional.interpolate, align_corners false).
  case upsample2d(UpsampleAttributes)
  /// logits, labels → mean loss (), fp32. Logits (N, K), (N, T, K) or (N, K, H, W) with labels (N), (N, T) or (N, H, W).
  case crossEntropy
  /// logits, targets, of any equal shape → mean loss (), fp32 (torch.nn.BCEWithLogitsLoss).
  case bceWithLogits
  /// probabilities, targets → mean loss (), fp32 (torch.nn.BCELoss). Autocast refuses it, as torch's does.
  case binaryCrossEntropy
  /// predictions, targets → mean squared difference (), fp32 (torch.nn.MSELoss).
  case meanSquaredError
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
  /// dy, y → dx.
  case sigmoidBackward
  /// dy, y → dx.
  case tanhBackward
  /// dy, x → dx.
  case siluBackward
  /// do, qkv, o, logsumexp → dqkv.
  case attentionBackward(AttentionAttributes)
  /// dy, x, weight_ih, weight_hh, y, gates, cells → dx, dweight_ih, dweight_hh, dbias (of both biases), dgates: of the
  /// sums of the gates, from which the others are made.
  case lstmBackward
  /// dy, arg-max positions → dx.
  case maxPool2dBackward(PoolingAttributes)
  /// dy → dx.
  case avgPool2dBackward(PoolingAttributes)
  /// dy (N, C, 1, 1) → dx (N, C, H, W).
  case globalAveragePoolBackward
  /// dy, x, weight, [bias where relu was fused], batch mean, batch rstd → dx, dweight, dbias. What relu let through is
  /// computed again from x, the same bits as in forward, so that y need not be kept.
  case batchNormBackward(BatchNormAttributes)
  /// dy, x, weight, mean, rstd → dx, dweight, dbias.
  case layerNormBackward
  /// dy (N, C·H·W) → dx (N, C, H, W).
  case unflatten
  /// dy (N, H·W, C) → dx (N, C, H, W).
  case fromSequence
  /// dy (…, R) → sums over the leading extents (R); of (N, C, H, W) over all but the channels.
  case columnSum
  /// dy (…, C), indices (…) → dtable (V, C).
  case embeddingBackward
  /// dy (N, K, C), indices (N, K) → dx (N, R, C).
  case gatherBackward
  /// dy → dx, zero outside the slice that begins at `start`.
  case sliceBackward(dimension: Int, start: Int)
  /// dy → dx.
  case upsample2dBackward(UpsampleAttributes)
  /// logits, labels → dlogits, multiplied by the loss scale.
  case crossEntropyBackward
  /// logits, targets → dlogits, multiplied by the loss scale.
  case bceWithLogitsBackward
  /// probabilities, targets → dprobabilities, multiplied by the loss scale.
  case binaryCrossEntropyBackward
  /// predictions, targets → dpredictions, multiplied by the loss scale.
  case meanSquaredErrorBackward

  // MARK: End of a step

  /// loss of a micro-batch → mean loss of the `count` micro-batches of a step.
  case accumulateLoss(count: Int)
  /// gradient of a micro-batch → sum over the micro-batches of a step, fp32.
  case accumulate
  /// gradients of the scaled loss… → verdict (5, fp32): see `GradientVerdict`. Reads every gradient once, changes none.
  case unscale
  /// verdict → verdict with the clipping of `commit`'s unscaled gradients.
  case clip(GradientClipping)
  /// loss, verdict, gradients…, pending statistics… → nothing: commits everything or nothing.
  case commit(CommitAttributes)
}
