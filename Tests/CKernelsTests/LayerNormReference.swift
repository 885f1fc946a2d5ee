import CKernels

/// Layer normalisation in Double, from the formulas of Ba, Kiros & Hinton (2016).
struct LayerNormReference {
  let columns: Int
  let mean: [Double]
  let rstd: [Double]
  /// x shifted and scaled to mean 0 and variance 1.
  let normalized: [Double]

  init(_ x: [Float], columns: Int, eps: Float) {
    self.columns = columns
    let rows = (0..<x.count / columns).map { x[$0 * columns..<($0 + 1) * columns].map(Double.init) }
    let mean = rows.map { $0.reduce(0, +) / Double(columns) }
    rstd = zip(rows, mean).map { row, mean in
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      return 1 / (variance + Double(eps)).squareRoot()
    }
    self.mean = mean
    let rstd = rstd
    normalized = rows.enumerated().flatMap { row, values in values.map { ($0 - mean[row]) * rstd[row] } }
  }

  func output(weight: [Float], bias: [Float]) -> [Double] {
    normalized.enumerated().map { $1 * Double(weight[$0 % columns]) + Double(bias[$0 % columns]) }
  }

  struct Gradients {
    var dx: [Double]
    var dweight: [Double]
    var dbias: [Double]
    /// Sums of the magnitudes of what dweight and dbias add up, the largest of all columns.
    var magnitude = 0.0
  }

  func gradients(dy: [Float], weight: [Float]) -> Gradients {
    let zeros = [Double](repeating: 0, count: columns)
    var found = Gradients(dx: [], dweight: zeros, dbias: zeros)
    var magnitudes = zeros
    for row in mean.indices {
      let place = row * columns..<(row + 1) * columns
      let scaled = dy[place].enumerated().map { Double($1) * Double(weight[$0]) }
      let average = scaled.reduce(0, +) / Double(columns)
      let slope = zip(scaled, normalized[place]).reduce(0) { $0 + $1.0 * $1.1 } / Double(columns)
      for (column, index) in place.enumerated() {
        found.dx.append(rstd[row] * (scaled[column] - average - normalized[index] * slope))
        found.dweight[column] += Double(dy[index]) * normalized[index]
        found.dbias[column] += Double(dy[index])
        magnitudes[column] += Double(dy[index].magnitude) * (1 + normalized[index].magnitude)
      }
    }
    found.magnitude = magnitudes.max() ?? 0
    return found
  }
}
