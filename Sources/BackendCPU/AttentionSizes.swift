import CKernels
import GraphIR
import TensorCore

/// Extents of one attention, how its heads are shared out, and its products over some heads.
struct AttentionSizes {
  let batch: Int
  let length: Int
  /// T', the length rounded up to whole cache lines of fp32 (16): rows of scores are that long, and keys and values that
  /// many.
  ///
  /// What is beyond the length is zeros. Kernels then read and write whole vectors, and oneDNN packs operands faster: it
  /// has no fast product of rows that lie further apart than they are long.
  let padded: Int
  let channels: Int
  let heads: Int
  /// Members of the team.
  let members: Int
  /// Heads at a time of one member.
  let chunk: Int

  /// Bytes of fp32 scores that one member has at a time, unless one head has more: backward holds four such blocks, which
  /// should stay in a second-level cache.
  private static let mostScoreBytes = 256 << 10

  init(qkv: TensorType, _ attributes: AttentionAttributes, threads: Int32) {
    (batch, length, channels) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
    padded = (length + 15) / 16 * 16
    heads = attributes.heads
    members = TeamWork.memberCount(threads)
    let share = max(1, (batch * heads + members - 1) / members)
    let most = min(share, max(1, AttentionSizes.mostScoreBytes / max(padded * padded * DType.float32.size, 1)))
    // A last chunk that is not full costs as much as a full one.
    let cost = { (chunk: Int) in (share + chunk - 1) / chunk * chunk }
    chunk = (1...most).max { (cost($0), -$0) > (cost($1), -$1) } ?? 1
  }

  var headSize: Int { channels / heads }
  /// 1 / √d.
  var scale: Float { Float(1 / Double(headSize).squareRoot()) }

  /// Bytes of a chunk's dense matrices (T', d).
  func headBytes(_ dtype: DType) -> Int { chunk * padded * headSize * dtype.size }
  /// Bytes of a chunk's scores, `rows` a head.
  func scoreBytes(_ dtype: DType, rows: Int) -> Int { chunk * rows * padded * dtype.size }

  /// What the softmax and its gradient do with the scores of some heads: scale them by 1/√d, round to a format.
  func softmax(_ heads: Range<Int>, _ attributes: AttentionAttributes, _ rounding: amp_dtype, stored: amp_dtype)
    -> amp_attention
  {
    amp_attention(
      heads: heads.count, queries: length, keys: length, stride: padded, rows: padded, scale: scale,
      causal: attributes.isCausal, rounding: rounding, p_dtype: stored)
  }

  /// The heads of a member, counted through all samples, some at a time.
  func chunks(of member: Int) -> some Sequence<Range<Int>> {
    let mine = TeamWork.part(of: batch * heads, member: member, members: members)
    return stride(from: mine.lowerBound, to: mine.upperBound, by: chunk).lazy.map {
      $0..<min($0 + chunk, mine.upperBound)
    }
  }

  /// One thing each member has for itself.
  func forEachMember<Value>(_ make: () throws -> Value) rethrows -> [Value] {
    try (0..<members).map { _ in try make() }
  }

  /// (rows, T') = A Bᵀ in fp32, A (rows, d) and B (T', d) of the format.
  func scores(_ context: KernelContext, _ compute: DType, rows: Int) throws -> BatchedProduct {
    try BatchedProduct(
      context, isForOneThread: true, batch: chunk, m: rows, n: padded, k: headSize, transposeB: true,
      a: matrix(rows, headSize), b: matrix(padded, headSize), c: matrix(rows, padded), input: compute, output: .float32)
  }

  /// (rows, d) = op(P) B, P (rows, T') or its transpose, B (T', d), everything of the format.
  func columns(_ context: KernelContext, _ compute: DType, rows: Int, transposeA: Bool = false) throws -> BatchedProduct
  {
    try BatchedProduct(
      context, isForOneThread: true, batch: chunk, m: rows, n: headSize, k: padded, transposeA: transposeA,
      a: matrix(rows, padded), b: matrix(padded, headSize), c: matrix(rows, headSize), input: compute, output: compute)
  }

  /// Dense matrices of a chunk, one after the other.
  private func matrix(_ rows: Int, _ columns: Int) -> BatchedProduct.View {
    BatchedProduct.View(leading: columns, batch: rows * columns)
  }
}

/// A tensor (N, T, parts · C) whose rows hold all heads side by side, part after part.
struct PackedHeads {
  private let base: UnsafeMutableRawPointer
  private let dtype: DType
  private let partBytes: Int
  private let sizes: AttentionSizes
  private let rowStride: Int

  init(_ base: UnsafeMutableRawPointer, parts: Int, _ dtype: DType, _ sizes: AttentionSizes) {
    (self.base, self.dtype, self.sizes) = (base, dtype, sizes)
    partBytes = sizes.channels * dtype.size
    rowStride = parts * sizes.channels
  }

  private func withLayout(_ rows: Int, _ body: (UnsafePointer<amp_heads>) -> Void) {
    let layout = amp_heads(
      heads: sizes.heads, length: sizes.length, head_size: sizes.headSize, row_stride: rowStride, dense_length: rows)
    withUnsafePointer(to: layout, body)
  }

  /// Copies heads of a part into dense matrices (rows, d) of a format; rows beyond the length are zeros.
  func gather(
    _ part: Int, _ heads: Range<Int>, into dense: UnsafeMutableRawPointer, _ format: amp_dtype, rows: Int
  ) {
    withLayout(rows) {
      amp_gather_heads(
        1, dtype.kernelType, base + part * partBytes, $0, format, dense, heads.lowerBound, heads.count)
    }
  }

  /// Copies the first T rows of dense matrices (rows, d) of a format to the heads of a part; rounds once.
  func scatter(_ part: Int, _ heads: Range<Int>, from dense: UnsafeRawPointer, _ format: amp_dtype, rows: Int) {
    withLayout(rows) {
      amp_scatter_heads(
        1, format, dense, dtype.kernelType, base + part * partBytes, $0, heads.lowerBound, heads.count)
    }
  }

  /// Sums over the columns of some heads of what two tensors of the same layout hold, multiplied: (heads, T).
  func dots(_ other: PackedHeads, _ heads: Range<Int>, into sums: UnsafeMutablePointer<Float>) {
    withLayout(sizes.length) {
      amp_attention_delta(1, dtype.kernelType, base, other.base, $0, sums, heads.lowerBound, heads.count)
    }
  }
}
