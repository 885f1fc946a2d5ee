import CKernels
import GraphIR
import TensorCore

/// Extents of one attention, how its heads are shared out, and its products over some heads.
struct AttentionSizes {
  let batch: Int
  let length: Int
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
    heads = attributes.heads
    members = TeamWork.memberCount(threads)
    let share = max(1, (batch * heads + members - 1) / members)
    let most = min(share, max(1, AttentionSizes.mostScoreBytes / max(length * length * DType.float32.size, 1)))
    // A last chunk that is not full costs as much as a full one.
    let cost = { (chunk: Int) in (share + chunk - 1) / chunk * chunk }
    chunk = (1...most).max { (cost($0), -$0) > (cost($1), -$1) } ?? 1
  }

  var headSize: Int { channels / heads }
  /// 1 / √d.
  var scale: Float { Float(1 / Double(headSize).squareRoot()) }

  /// Bytes of a chunk's dense matrices (T, d).
  func headBytes(_ dtype: DType) -> Int { chunk * length * headSize * dtype.size }
  /// Bytes of a chunk's scores (T, T).
  func scoreBytes(_ dtype: DType) -> Int { chunk * length * length * dtype.size }

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

  private var square: BatchedProduct.View { BatchedProduct.View(leading: length, batch: length * length) }
  private var tall: BatchedProduct.View { BatchedProduct.View(leading: headSize, batch: length * headSize) }

  /// (T, T) = A Bᵀ in fp32, A and B (T, d) of the format.
  func scores(_ context: KernelContext, _ compute: DType) throws -> BatchedProduct {
    try BatchedProduct(
      context, isForOneThread: true, batch: chunk, m: length, n: length, k: headSize, transposeB: true, a: tall,
      b: tall, c: square, input: compute, output: .float32)
  }

  /// (T, d) = op(P) B, P (T, T), everything of the format.
  func columns(_ context: KernelContext, _ compute: DType, transposeA: Bool = false) throws -> BatchedProduct {
    try BatchedProduct(
      context, isForOneThread: true, batch: chunk, m: length, n: headSize, k: length, transposeA: transposeA,
      a: square, b: tall, c: tall, input: compute, output: compute)
  }
}

/// A tensor (N, T, parts · C) whose rows hold all heads side by side, part after part.
struct PackedHeads {
  private let base: UnsafeMutableRawPointer
  private let dtype: DType
  private let partBytes: Int
  private let layout: amp_heads

  init(_ base: UnsafeMutableRawPointer, parts: Int, _ dtype: DType, _ sizes: AttentionSizes) {
    (self.base, self.dtype) = (base, dtype)
    partBytes = sizes.channels * dtype.size
    layout = amp_heads(
      heads: sizes.heads, length: sizes.length, head_size: sizes.headSize, row_stride: parts * sizes.channels)
  }

  /// Copies heads of a part into dense matrices (T, d) of a format.
  func gather(_ part: Int, _ heads: Range<Int>, into dense: UnsafeMutableRawPointer, _ format: amp_dtype) {
    withUnsafePointer(to: layout) {
      amp_gather_heads(
        1, dtype.kernelType, base + part * partBytes, $0, format, dense, heads.lowerBound, heads.count)
    }
  }

  /// Copies dense matrices (T, d) of a format to the heads of a part; rounds once.
  func scatter(_ part: Int, _ heads: Range<Int>, from dense: UnsafeRawPointer, _ format: amp_dtype) {
    withUnsafePointer(to: layout) {
      amp_scatter_heads(
        1, format, dense, dtype.kernelType, base + part * partBytes, $0, heads.lowerBound, heads.count)
    }
  }
}
