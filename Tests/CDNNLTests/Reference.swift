import Testing

/// Sums in fp64, with the sums of the magnitudes of the terms, which scale the error that fp32 sums may have.
struct Reference {
  var sums: [Double]
  var magnitudes: [Double]

  init(count: Int) {
    sums = Array(repeating: 0, count: count)
    magnitudes = sums
  }

  mutating func add(_ term: Double, at index: Int) {
    sums[index] += term
    magnitudes[index] += abs(term)
  }

  mutating func applyReLU() {
    sums = sums.map { max($0, 0) }
  }

  /// Expects `result` within the error of an fp32 sum of `terms` products in any order, and of rounding to its dtype.
  ///
  /// Products of bf16 values are exact in fp32. A sum of n terms is off by at most (n - 1) eps times the sum of the
  /// magnitudes, eps = 2^-24 for one rounding (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2);
  /// rounded products add one eps. `Precision.f32.unit` is 2 eps, so there is a factor of two to spare.
  func expect(
    _ result: TensorBuffer, terms: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(result.values, in: result.precision, terms: terms, sourceLocation: sourceLocation)
  }

  /// The same for values that were taken out of a larger tensor.
  func expect(
    _ result: [Double], in precision: Precision, terms: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var worst = 0.0
    for (index, value) in result.enumerated() {
      let bound =
        Double(terms) * Precision.f32.unit * magnitudes[index] + precision.unit * abs(sums[index]) + 0x1p-126
      let difference = abs(value - sums[index])
      worst = difference.isNaN ? .infinity : max(worst, difference / bound)
    }
    #expect(result.count == sums.count, sourceLocation: sourceLocation)
    #expect(worst <= 1, "worst error, in units of the bound", sourceLocation: sourceLocation)
  }
}
