import TensorCore

/// Rows of a table by their number; sums of gradients run over the indices in their order.
extension ReferenceInterpreter {
  /// table (V, C), indices (…) → rows (…, C); an index outside 0..<V gives a row of NaN.
  static func embedding(
    table: ReferenceTensor, indices: ReferenceTensor, into zeros: ReferenceTensor
  ) -> ReferenceTensor {
    var y = zeros
    forEachRow(indices.elements, of: table.shape[0], table.shape[1]) { element, source in
      y.elements[element] = source.map { table.elements[$0] } ?? .nan
    }
    return y
  }

  /// dy (…, C), indices (…) → dtable (V, C); an index outside 0..<V adds nothing.
  static func embeddingBackward(
    _ dy: ReferenceTensor, indices: ReferenceTensor, into zeros: ReferenceTensor
  ) -> ReferenceTensor {
    var dtable = zeros
    forEachRow(indices.elements, of: dtable.shape[0], dtable.shape[1]) { element, source in
      if let source { dtable.elements[source] += dy.elements[element] }
    }
    return dtable
  }

  /// x (N, R, C), indices (N, K) → (N, K, C): rows of each sample; an index outside 0..<R gives a row of NaN.
  static func gather(_ x: ReferenceTensor, indices: ReferenceTensor, into zeros: ReferenceTensor) -> ReferenceTensor {
    var y = zeros
    forEachSample(indices, of: x.shape) { sample, numbers in
      forEachRow(numbers, of: x.shape[1], x.shape[2]) { element, source in
        y.elements[sample * numbers.count * x.shape[2] + element] =
          source.map { x.elements[sample * x.shape[1] * x.shape[2] + $0] } ?? .nan
      }
    }
    return y
  }

  /// dy (N, K, C), indices (N, K) → dx (N, R, C); an index outside 0..<R adds nothing.
  static func gatherBackward(
    _ dy: ReferenceTensor, indices: ReferenceTensor, into zeros: ReferenceTensor
  ) -> ReferenceTensor {
    var dx = zeros
    let (rows, columns) = (dx.shape[1], dx.shape[2])
    forEachSample(indices, of: dx.shape) { sample, numbers in
      forEachRow(numbers, of: rows, columns) { element, source in
        guard let source else { return }
        dx.elements[sample * rows * columns + source] += dy.elements[sample * numbers.count * columns + element]
      }
    }
    return dx
  }

  private static func forEachSample(
    _ indices: ReferenceTensor, of x: Shape, _ body: (_ sample: Int, _ indices: [Double]) -> Void
  ) {
    let count = indices.shape[1]
    for sample in 0..<x[0] { body(sample, Array(indices.elements[(sample * count)..<((sample + 1) * count)])) }
  }

  /// Visits the elements of rows (indices, columns), each with its place in the table (rows, columns); nil where the
  /// index is outside.
  private static func forEachRow(
    _ indices: [Double], of rows: Int, _ columns: Int, _ body: (_ element: Int, _ source: Int?) -> Void
  ) {
    for (number, index) in indices.enumerated() {
      let row = Int(exactly: index).flatMap { (0..<rows).contains($0) ? $0 : nil }
      for column in 0..<columns { body(number * columns + column, row.map { $0 * columns + column }) }
    }
  }
}
