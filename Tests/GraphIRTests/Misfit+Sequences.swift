import GraphIR
import TensorCore
import Testing

private let twoHeads = AttentionAttributes(heads: 2, isCausal: false)

extension Misfit {
  /// Batched products, attention, LSTM, normalised rows, tables.
  static let sequences: [Misfit] = [
    Misfit(.matmul(transposeA: false, transposeB: false), [f32(4, 5, 3), f32(3, 7)], .shape, "(4, 5, 3)", "(3, 7)"),
    Misfit(
      .matmul(transposeA: false, transposeB: false), [f32(4, 5, 3), f32(2, 3, 7)], .shape, "batches", "(2, 3, 7)"),
    Misfit(
      .matmul(transposeA: true, transposeB: false), [f32(4, 5, 3), f32(4, 3, 7)], .shape, "5 of (4, 5, 3)",
      "3 of (4, 3, 7)"),
    Misfit(.matmul(transposeA: false, transposeB: false), [f32(4, 5, 3), bf16(4, 3, 7)], .dtype, "bf16(4, 3, 7)"),
    Misfit(.matmul(transposeA: false, transposeB: false), [f32(3), f32(3)], .shape, "two matrices", "f32(3)"),
    Misfit(.attention(twoHeads), [f32(3, 24)], .shape, "rank 3", "(3, 24)"),
    Misfit(.attention(twoHeads), [f32(3, 5, 25)], .shape, "(N, T, 3 C)", "2 heads", "(3, 5, 25)"),
    Misfit(.attention(twoHeads), [f32(3, 5, 9)], .shape, "multiple of 2 heads", "(3, 5, 9)"),
    Misfit(.attention(AttentionAttributes(heads: 0, isCausal: false)), [f32(3, 5, 9)], .shape, "0 heads"),
    Misfit(.attention(twoHeads), [f32(3, 5, 24), f32(3, 5, 24)], .invariant, "2"),
    Misfit(
      .lstm, [f32(3, 5, 7), f32(8, 6), f32(8, 2), f32(8), f32(8)], .shape, "2 cells", "(3, 5, 7)", "(8, 7)", "(8, 6)"),
    Misfit(.lstm, [f32(3, 5, 7), f32(8, 7), f32(8, 3), f32(8), f32(8)], .shape, "3 cells", "(12, 7)", "(8, 3)"),
    Misfit(.lstm, [f32(3, 5, 7), f32(8, 7), f32(8, 2), f32(8), f32(2)], .shape, "(8)", "f32(2)"),
    Misfit(.lstm, [f32(3, 7), f32(8, 7), f32(8, 2), f32(8), f32(8)], .shape, "rank 3", "(3, 7)"),
    Misfit(.lstm, [f32(3, 5, 7), f32(8, 7), f32(8), f32(8), f32(8)], .shape, "rank 2", "(8, 7)"),
    Misfit(.lstm, [f32(3, 5, 7), f32(8, 7), f32(8, 2), f32(8), bf16(8)], .dtype, "bf16(8)"),
    Misfit(.lstm, [f32(3, 5, 7), f32(8, 7), f32(8, 2)], .invariant, "5", "3"),
    Misfit(.layerNorm(eps: 1e-5), [f32(2, 7, 3, 3), f32(7), f32(7)], .shape, "(N, T, C)", "(2, 7, 3, 3)"),
    Misfit(.layerNorm(eps: 1e-5), [f32(3, 5, 7), f32(7), f32(5)], .shape, "(3, 5, 7)", "f32(7)", "f32(5)"),
    Misfit(.layerNorm(eps: 1e-5), [f32(3, 5, 7), bf16(7), f32(7)], .shape, "f32(7)", "bf16(7)"),
    Misfit(.embedding, [f32(11, 4), f32(3, 5)], .dtype, "i64", "f32(3, 5)"),
    Misfit(.embedding, [f32(11), i64(3, 5)], .shape, "rank 2", "f32(11)"),
    Misfit(.embedding, [f32(11, 4), i64(3, 5, 2)], .shape, "rank 2 or less", "i64(3, 5, 2)"),
    Misfit(.gather, [f32(3, 5, 4), i64(2, 2)], .shape, "(3, 5, 4)", "(2, 2)"),
    Misfit(.gather, [f32(3, 5, 4), f32(3, 2)], .dtype, "i64", "f32(3, 2)"),
    Misfit(.gather, [f32(3, 4), i64(3, 2)], .shape, "rank 3", "(3, 4)"),
    Misfit(.gather, [f32(3, 5, 4), i64(3)], .shape, "rank 2", "i64(3)"),
  ]

  static let sequenceGradients: [Misfit] = [
    Misfit(
      .attentionBackward(twoHeads), [f32(3, 5, 7), f32(3, 5, 24), f32(3, 5, 8), f32(3, 2, 5)], .shape, "(3, 5, 7)",
      "(3, 5, 8)"),
    Misfit(
      .attentionBackward(twoHeads), [f32(3, 5, 8), f32(3, 5, 24), f32(3, 5, 8), f32(3, 5, 2)], .shape, "(3, 5, 24)",
      "(3, 5, 2)"),
    Misfit(
      .attentionBackward(twoHeads), [f32(3, 5, 8), f32(3, 5, 21), f32(3, 5, 8), f32(3, 2, 5)], .shape, "2 heads",
      "(3, 5, 21)"),
    Misfit(.attentionBackward(twoHeads), [f32(3, 5, 8)], .invariant, "4", "1"),
    Misfit(
      .lstmBackward, [f32(3, 5, 2), f32(3, 5, 7), f32(8, 7), f32(8, 2), f32(3, 5, 2), f32(3, 5, 8), f32(3, 4, 2)],
      .shape, "lstm_backward", "(3, 4, 2)"),
    Misfit(
      .lstmBackward, [f32(3, 5, 1), f32(3, 5, 7), f32(8, 7), f32(8, 2), f32(3, 5, 2), f32(3, 5, 8), f32(3, 5, 2)],
      .shape, "(3, 5, 1)"),
    Misfit(.lstmBackward, [f32(3, 5, 2)], .invariant, "7", "1"),
    Misfit(
      .layerNormBackward, [f32(3, 7), f32(3, 7), f32(7), f32(3), f32(2)], .shape, "layer_norm_backward", "f32(2)"),
    Misfit(.layerNormBackward, [f32(3, 6), f32(3, 7), f32(7), f32(3), f32(3)], .shape, "(3, 6)", "(3, 7)"),
    Misfit(.layerNormBackward, [f32(3, 7), f32(3, 7), f32(6), f32(3), f32(3)], .shape, "f32(7)", "f32(6)"),
    Misfit(
      .embeddingBackward, [f32(3, 5, 4), i64(3, 5)], stated: [11, 6], .shape, "(11, 6)", "(3, 5, 6)", "(3, 5, 4)"),
    Misfit(.embeddingBackward, [f32(3, 5, 4), i64(3, 5)], stated: [11, 6, 1], .shape, "(11, 6, 1)"),
    Misfit(.embeddingBackward, [f32(3, 5, 4), i64(3, 5)], .invariant, "result shape"),
    Misfit(.embeddingBackward, [f32(3, 5, 4), f32(3, 5)], stated: [11, 4], .dtype, "i64", "f32(3, 5)"),
    Misfit(.gatherBackward, [f32(3, 2, 4), i64(3, 2)], stated: [3, 5, 6], .shape, "(3, 2, 6)", "(3, 2, 4)"),
    Misfit(.gatherBackward, [f32(3, 2, 4), i64(3, 2)], stated: [2, 5, 4], .shape, "(2, 5, 4)", "i64(3, 2)"),
    Misfit(.gatherBackward, [f32(3, 2, 4), i64(3)], stated: [3, 5, 4], .shape, "rank 2", "i64(3)"),
    Misfit(.gatherBackward, [f32(3, 2, 4), f32(3, 2)], stated: [3, 5, 4], .dtype, "i64", "f32(3, 2)"),
  ]
}
