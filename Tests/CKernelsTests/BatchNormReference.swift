import CKernels

/// Batch normalisation in Double, from the formulas of Ioffe & Szegedy (2015).
struct BatchNormReference {
  let rows: Int
  let channels: Int
  let x: [Double]
  var mean: [Double]
  var variance: [Double]
  static let eps = 1e-5

  init(_ x: [Float], rows: Int, channels: Int) {
    (self.rows, self.channels, self.x) = (rows, channels, x.map(Double.init))
    mean = Array(repeating: 0, count: channels)
    variance = mean
    for (index, value) in x.enumerated() { mean[index % channels] += Double(value) / Double(rows) }
    for (index, value) in x.enumerated() {
      let deviation = Double(value) - mean[index % channels]
      variance[index % channels] += deviation * deviation / Double(rows)
    }
  }

  var rstd: [Double] { variance.map { 1 / ($0 + BatchNormReference.eps).squareRoot() } }

  /// x shifted and scaled to mean 0 and variance 1.
  var normalized: [Double] {
    let rstd = rstd
    return x.enumerated().map { ($1 - mean[$0 % channels]) * rstd[$0 % channels] }
  }

  func output(weight: [Float], bias: [Float], relu: Bool) -> [Double] {
    normalized.enumerated().map { index, value in
      let result = value * Double(weight[index % channels]) + Double(bias[index % channels])
      return relu ? max(result, 0) : result
    }
  }

  struct Gradients {
    var dx: [Double]
    var dweight: [Double]
    var dbias: [Double]
  }

  /// `dy` counts where `passes`.
  func gradients(dy: [Float], passes: [Bool], weight: [Float]) -> Gradients {
    let (normalized, rstd) = (normalized, rstd)
    var found = Gradients(
      dx: [], dweight: Array(repeating: 0, count: channels), dbias: Array(repeating: 0, count: channels))
    let effective = zip(dy, passes).map { $1 ? Double($0) : 0 }
    for (index, value) in effective.enumerated() {
      found.dweight[index % channels] += value * normalized[index]
      found.dbias[index % channels] += value
    }
    found.dx = effective.enumerated().map { index, value in
      let channel = index % channels
      let mean = found.dbias[channel] / Double(rows)
      return Double(weight[channel]) * rstd[channel]
        * (value - mean - normalized[index] * found.dweight[channel] / Double(rows))
    }
    return found
  }
}
