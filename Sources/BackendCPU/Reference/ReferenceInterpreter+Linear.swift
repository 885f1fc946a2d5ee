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

  /// op(A) (…, m, k), op(B) (…, k, n) → C (…, m, n): one product, or one for each of a batch.
  static func matmul(
    _ a: ReferenceTensor, _ b: ReferenceTensor, transposeA: Bool, transposeB: Bool
  ) -> ReferenceTensor {
    let batch = a.shape.rank == 3 ? a.shape[0] : 1
    let products = (0..<batch).map { product(a.matrix($0), b.matrix($0), transposeA, transposeB) }
    return ReferenceTensor(
      Shape(a.shape.dimensions.dropLast(2) + products[0].shape.dimensions), products.flatMap(\.elements))
  }

  private static func product(
    _ a: ReferenceTensor, _ b: ReferenceTensor, _ transposeA: Bool, _ transposeB: Bool
  ) -> ReferenceTensor {
    let (m, k) = transposeA ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let n = transposeB ? b.shape[0] : b.shape[1]
    return ReferenceTensor(rows: m, columns: n) { i, j in
      var sum = 0.0
      for l in 0..<k { sum += (transposeA ? a[l, i] : a[i, l]) * (transposeB ? b[j, l] : b[l, j]) }
      return sum
    }
  }

  /// dy (…, R) → sums over the leading extents (R), R being all extents of the result; of (N, C, H, W) over all but the
  /// channels.
  ///
  /// Leading extents of 1 in the result, which `expand` repeated, change nothing: a place in the result is that of dy
  /// counted modulo the result's size.
  static func columnSum(_ dy: ReferenceTensor, into zeros: ReferenceTensor) -> ReferenceTensor {
    var sums = zeros
    let isImage = dy.shape.rank == 4
    for (index, element) in dy.elements.enumerated() {
      sums.elements[isImage ? dy.channel(ofElement: index) : index % sums.elements.count] += element
    }
    return sums
  }
}
