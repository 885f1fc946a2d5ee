import CKernels
import GraphIR
import TensorCore

/// Extents of one LSTM layer, how its samples are shared out, and its products.
struct LSTMSizes {
  let batch: Int
  let length: Int
  let inputs: Int
  let hidden: Int
  /// Members of the team.
  let members: Int

  init(x: TensorType, recurrent: TensorType, threads: Int32) {
    (batch, length, inputs) = (x.shape[0], x.shape[1], x.shape[2])
    hidden = recurrent.shape[1]
    members = TeamWork.memberCount(threads)
  }

  var gates: Int { 4 * hidden }
  var rows: Int { batch * length }

  /// The samples of a member; none where there are fewer samples than members.
  func samples(of member: Int) -> Range<Int> { TeamWork.part(of: batch, member: member, members: members) }
  /// Samples of the member that has most.
  var mostSamples: Int { (batch + members - 1) / members }

  /// One step of the fused cell for some samples: they lie a whole sequence apart.
  func cellShape(samples: Int) -> amp_lstm_shape {
    amp_lstm_shape(
      n: samples, hidden: hidden, input_gates_stride: length * gates, gates_stride: length * gates,
      cells_stride: length * hidden, y_stride: length * hidden)
  }

  /// C (rows, columns) = A op(B) by one thread, everything dense, with B packed ahead.
  func product(
    _ context: KernelContext, rows: Int, columns: Int, inner: Int, transposeB: Bool, _ compute: DType, _ output: DType,
    bias: DType? = nil
  ) throws -> BatchedProduct {
    try BatchedProduct(
      context, isForOneThread: true, packsB: true, m: rows, n: columns, k: inner, transposeB: transposeB,
      a: .init(leading: inner), b: .init(leading: transposeB ? inner : columns), c: .init(leading: columns),
      input: compute, output: output, bias: bias)
  }

  /// Products of every member, made by `make` for its number of samples; nil where it has none.
  func forEachMember<Value>(_ make: (_ samples: Int) throws -> Value) rethrows -> [Value?] {
    try (0..<members).map { samples(of: $0).isEmpty ? nil : try make(samples(of: $0).count) }
  }
}
