import TensorCore

extension ReferenceInterpreter {
  /// x (N, in), weight (out, in), bias (out) → y (N, out) = x weightᵀ + bias, then max(·, 0) if `relu`.
  static func linear(
    _ x: ReferenceTensor, _ weight: ReferenceTensor, bias: ReferenceTensor?, relu: Bool
  ) -> ReferenceTensor {
    ReferenceTensor(rows: x.shape[0], columns: weight.shape[0]) { n, o in
      var sum = 0.0
      for i in 0..<x.shape[1] { sum += x[n, i] * weight[o, i] }
      if let bias { sum += bias.elements[o] }
      return relu ? Self.relu(sum) : sum
    }
  }

  /// op(A) (m, k), op(B) (k, n) → C (m, n).
  static func matmul(
    _ a: ReferenceTensor, _ b: ReferenceTensor, transposeA: Bool, transposeB: Bool
  ) -> ReferenceTensor {
    let (m, k) = transposeA ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let n = transposeB ? b.shape[0] : b.shape[1]
    return ReferenceTensor(rows: m, columns: n) { i, j in
      var sum = 0.0
      for l in 0..<k { sum += (transposeA ? a[l, i] : a[i, l]) * (transposeB ? b[j, l] : b[l, j]) }
      return sum
    }
  }

  /// x (rows, columns) → sums of its columns.
  static func columnSum(_ x: ReferenceTensor) -> ReferenceTensor {
    var sums = ReferenceTensor(zeros: [x.shape[1]])
    for (index, element) in x.elements.enumerated() { sums.elements[index % x.shape[1]] += element }
    return sums
  }
}
