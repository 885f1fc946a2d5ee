import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension ReferenceInterpreter {
  /// logits (N, classes), labels (N) → mean over the rows of log Σ exp(logits) - logits[label].
  ///
  /// A label outside 0..<classes gives NaN.
  static func crossEntropy(_ logits: ReferenceTensor, labels: ReferenceTensor) -> ReferenceTensor {
    let classes = logits.shape[1]
    var sum = 0.0
    for row in 0..<logits.shape[0] {
      guard let label = Int(exactly: labels.elements[row]), (0..<classes).contains(label) else {
        return ReferenceTensor(.scalar, [.nan])
      }
      let (largest, exponentials) = exponentials(logits, row)
      sum += log(exponentials.reduce(0, +)) + largest - logits[row, label]
    }
    return ReferenceTensor(.scalar, [sum / Double(logits.shape[0])])
  }

  /// logits (N, classes), labels (N) → (softmax(logits) - onehot(label)) · scale / N.
  ///
  /// A label outside 0..<classes gives a row of NaN.
  static func crossEntropyBackward(
    _ logits: ReferenceTensor, labels: ReferenceTensor, scale: Double
  ) -> ReferenceTensor {
    let (rows, classes) = (logits.shape[0], logits.shape[1])
    var gradient: [Double] = []
    for row in 0..<rows {
      let (_, exponentials) = exponentials(logits, row)
      let isLabel = Int(exactly: labels.elements[row]).map((0..<classes).contains) ?? false
      let total = isLabel ? exponentials.reduce(0, +) : .nan
      for (column, exponential) in exponentials.enumerated() {
        let oneHot = Double(column) == labels.elements[row] ? 1.0 : 0.0
        gradient.append((exponential / total - oneHot) * (scale / Double(rows)))
      }
    }
    return ReferenceTensor([rows, classes], gradient)
  }

  /// The largest logit of a row, and exp(logit - largest) of each: nothing overflows.
  private static func exponentials(_ logits: ReferenceTensor, _ row: Int) -> (largest: Double, [Double]) {
    let elements = (0..<logits.shape[1]).map { logits[row, $0] }
    let largest = elements.reduce(-Double.infinity) { $1 > $0 ? $1 : $0 }
    return (largest, elements.map { exp($0 - largest) })
  }
}
