import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Losses of predictions and targets of one shape: the mean over all elements of a function of both.
extension ReferenceInterpreter {
  /// Mean of `loss(prediction, target)`.
  static func mean(
    of loss: (Double, Double) -> Double, _ predictions: ReferenceTensor, _ targets: ReferenceTensor
  ) -> ReferenceTensor {
    let sum = predictions.zip(targets, loss).elements.reduce(0, +)
    return ReferenceTensor(.scalar, [sum / Double(predictions.elements.count)])
  }

  /// `derivative(prediction, target)` · scale / number of elements.
  static func meanGradient(
    _ derivative: (Double, Double) -> Double, _ predictions: ReferenceTensor, _ targets: ReferenceTensor,
    _ scale: Double
  ) -> ReferenceTensor {
    let factor = scale / Double(predictions.elements.count)
    return predictions.zip(targets) { derivative($0, $1) * factor }
  }

  /// -t log σ(x) - (1 - t) log(1 - σ(x)) as max(x, 0) - x t + log(1 + e^-|x|): nothing overflows
  /// (torch.nn.BCEWithLogitsLoss).
  static func bceWithLogits(_ x: Double, _ t: Double) -> Double { relu(x) - x * t + log1p(exp(-abs(x))) }

  /// σ(x) - t.
  static func bceWithLogitsDerivative(_ x: Double, _ t: Double) -> Double { sigmoid(x) - t }

  /// -t log p - (1 - t) log(1 - p), logarithms not below -100 (torch.nn.BCELoss).
  static func binaryCrossEntropy(_ p: Double, _ t: Double) -> Double {
    -t * max(log(p), -100) - (1 - t) * max(log1p(-p), -100)
  }

  /// (p - t) / (p (1 - p)), the denominator not below 1e-12, as torch's.
  static func binaryCrossEntropyDerivative(_ p: Double, _ t: Double) -> Double { (p - t) / max(p * (1 - p), 1e-12) }

  /// (p - t)² (torch.nn.MSELoss).
  static func squaredError(_ p: Double, _ t: Double) -> Double { (p - t) * (p - t) }

  /// 2 (p - t).
  static func squaredErrorDerivative(_ p: Double, _ t: Double) -> Double { 2 * (p - t) }
}
