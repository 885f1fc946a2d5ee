import CDNNL
import TensorCore

/// Products of equal matrices that lie inside larger tensors: heads of an attention, time steps of an LSTM.
struct BatchedProduct {
  /// How one operand's matrices lie: elements between rows, and between matrices.
  struct View {
    var leading: Int
    var batch = 1
  }

  let primitive: LibraryPrimitive

  /// C (m, n) = op(A) op(B), `batch` times; A and B in one format, sums in fp32.
  ///
  /// - Parameters:
  ///   - isForOneThread: made for a single member of the lane's team, not for the team.
  ///   - packsB: B serves many calls: `pack` brings it once into the layout that is fastest, and it is not passed again.
  ///   - addsToC: C += op(A) op(B).
  ///   - bias: the format of n numbers that are added to every row before it is rounded; for a batch of 1.
  ///
  /// Throws `BackendError` where oneDNN refuses.
  init(
    _ context: KernelContext, isForOneThread: Bool = false, packsB: Bool = false, addsToC: Bool = false, batch: Int = 1,
    m: Int, n: Int,
    k: Int,
    transposeA: Bool = false, transposeB: Bool = false, a: View, b: View, c: View, input: DType, output: DType,
    bias: DType? = nil
  ) throws {
    let shape = cdnnl_batched_matmul(
      batch: Int64(batch), m: Int64(m), n: Int64(n), k: Int64(k), transpose_a: transposeA, transpose_b: transposeB,
      packs_b: packsB, adds: addsToC, has_bias: bias != nil, lda: Int64(a.leading), ldb: Int64(b.leading),
      ldc: Int64(c.leading),
      a_batch_stride: Int64(a.batch), b_batch_stride: Int64(b.batch), c_batch_stride: Int64(c.batch),
      input_dtype: input.libraryType, bias_dtype: (bias ?? output).libraryType, output_dtype: output.libraryType)
    primitive = try LibraryPrimitive(context, isForOneThread: isForOneThread) { out in
      withUnsafePointer(to: shape) { cdnnl_batched_matmul_create($0, out) }
    }
  }

  /// Bytes of scratch of one execution; of all executions since B was packed.
  var scratch: Int { primitive.scratch }

  /// Executes on these matrices; B is nil where it was packed, the bias where there is none.
  ///
  /// Throws `BackendError` where oneDNN fails.
  func callAsFunction(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer?, bias: UnsafeRawPointer? = nil, _ c: UnsafeMutableRawPointer,
    _ scratch: UnsafeMutableRawPointer
  ) throws {
    try LibraryPrimitive.check(cdnnl_batched_matmul_execute(primitive.handle, a, b, bias, c, scratch))
  }

  /// Brings B into the scratch, where the executions that follow find it.
  ///
  /// Throws `BackendError` where oneDNN fails.
  func pack(_ b: UnsafeRawPointer, _ scratch: UnsafeMutableRawPointer) throws {
    try LibraryPrimitive.check(cdnnl_batched_matmul_pack(primitive.handle, b, scratch))
  }
}
