import CDNNL
import TensorCore

/// Products of equal matrices that lie inside larger tensors: heads of an attention, time steps of an LSTM.
struct BatchedProduct {
  /// How one operand's matrices lie: elements between rows, between matrices, and between batches of matrices.
  struct View {
    var leading: Int
    var batch = 1
    var outer = 1
  }

  let primitive: LibraryPrimitive

  /// C (m, n) = op(A) op(B), `outer` times `batch` times; A and B in one format, sums in fp32.
  ///
  /// Throws `BackendError` where oneDNN refuses.
  init(
    _ context: KernelContext, outer: Int = 1, batch: Int = 1, m: Int, n: Int, k: Int, transposeA: Bool = false,
    transposeB: Bool = false, a: View, b: View, c: View, input: DType, output: DType
  ) throws {
    let shape = cdnnl_batched_matmul(
      outer_batch: Int64(outer), batch: Int64(batch), m: Int64(m), n: Int64(n), k: Int64(k), transpose_a: transposeA,
      transpose_b: transposeB,
      lda: Int64(a.leading), ldb: Int64(b.leading), ldc: Int64(c.leading), a_batch_stride: Int64(a.batch),
      b_batch_stride: Int64(b.batch), c_batch_stride: Int64(c.batch), a_outer_stride: Int64(a.outer),
      b_outer_stride: Int64(b.outer), c_outer_stride: Int64(c.outer), input_dtype: input.libraryType,
      output_dtype: output.libraryType)
    primitive = try LibraryPrimitive(context) { out in
      withUnsafePointer(to: shape) { cdnnl_batched_matmul_create($0, out) }
    }
  }

  /// Bytes of scratch of one execution.
  var scratch: Int { primitive.scratch }

  /// Executes on these matrices.
  ///
  /// Throws `BackendError` where oneDNN fails.
  func callAsFunction(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ c: UnsafeMutableRawPointer, _ scratch: UnsafeMutableRawPointer
  ) throws {
    try LibraryPrimitive.check(cdnnl_batched_matmul_execute(primitive.handle, a, b, c, scratch))
  }
}
