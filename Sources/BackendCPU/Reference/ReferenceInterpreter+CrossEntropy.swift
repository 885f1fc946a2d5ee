import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Cross entropy of logits (N, K), (N, T, K) or (N, K, H, W) with labels (N), (N, T) or (N, H, W). A row is one
/// distribution over K classes; labels number the rows.
extension ReferenceInterpreter {
  /// Mean over the rows of log Σ exp(logits) - logits[label].
  ///
  /// A label outside 0..<K gives NaN.
  static func crossEntropy(_ logits: ReferenceTensor, labels: ReferenceTensor) -> ReferenceTensor {
    var sum = 0.0
    for (row, label) in labels.elements.enumerated() {
      let places = classPlaces(logits.shape, row)
      guard let label = Int(exactly: label), places.indices.contains(label) else {
        return ReferenceTensor(.scalar, [.nan])
      }
      let (largest, exponentials) = exponentials(places.map { logits.elements[$0] })
      sum += log(exponentials.reduce(0, +)) + largest - logits.elements[places[label]]
    }
    return ReferenceTensor(.scalar, [sum / Double(labels.elements.count)])
  }

  /// (softmax(logits) - onehot(label)) · scale / rows.
  ///
  /// A label outside 0..<K gives a row of NaN.
  static func crossEntropyBackward(
    _ logits: ReferenceTensor, labels: ReferenceTensor, scale: Double
  ) -> ReferenceTensor {
    var gradient = logits
    let factor = scale / Double(labels.elements.count)
    for (row, label) in labels.elements.enumerated() {
      let places = classPlaces(logits.shape, row)
      let (_, exponentials) = exponentials(places.map { logits.elements[$0] })
      let isLabel = Int(exactly: label).map(places.indices.contains) ?? false
      let total = isLabel ? exponentials.reduce(0, +) : .nan
      for (number, place) in places.enumerated() {
        let oneHot = Double(number) == label ? 1.0 : 0.0
        gradient.elements[place] = (exponentials[number] / total - oneHot) * factor
      }
    }
    return gradient
  }

  /// Indices of the logits of a row, class after class.
  private static func classPlaces(_ logits: Shape, _ row: Int) -> [Int] {
    // In logical order the classes of an image stand H·W apart, those of other logits side by side.
    let spatial = logits.rank == 4 ? logits[2] * logits[3] : 1
    let classes = logits.rank == 4 ? logits[1] : logits[logits.rank - 1]
    return (0..<classes).map { (row / spatial * classes + $0) * spatial + row % spatial }
  }

  /// The largest logit of a row, and exp(logit - largest) of each: nothing overflows.
  private static func exponentials(_ logits: [Double]) -> (largest: Double, [Double]) {
    let largest = logits.reduce(-Double.infinity) { $1 > $0 ? $1 : $0 }
    return (largest, logits.map { exp($0 - largest) })
  }
}
