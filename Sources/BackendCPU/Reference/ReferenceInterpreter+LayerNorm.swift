import TensorCore

extension ReferenceInterpreter {
  /// Layer normalisation (Ba, Kiros & Hinton 2016; torch.nn.LayerNorm).
  ///
  /// Operands: x (…, C), weight, bias (C). Results: y, mean, rstd = 1/√(biased variance + eps) of every row (…).
  static func layerNorm(_ operands: [ReferenceTensor], eps: Float) -> [ReferenceTensor] {
    let (x, weight, bias) = (operands[0], operands[1].elements, operands[2].elements)
    let columns = weight.count
    var y = x
    var mean = ReferenceTensor(zeros: Shape(Array(x.shape.dimensions.dropLast())))
    var rstd = mean
    for row in mean.elements.indices {
      let places = (row * columns)..<((row + 1) * columns)
      let average = x.elements[places].reduce(0, +) / Double(columns)
      let variance = x.elements[places].reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(columns)
      mean.elements[row] = average
      rstd.elements[row] = 1 / (variance + Double(eps)).squareRoot()
      for place in places {
        let normalized = (x.elements[place] - average) * rstd.elements[row]
        y.elements[place] = weight[place % columns] * normalized + bias[place % columns]
      }
    }
    return [y, mean, rstd]
  }

  /// Operands: dy, x (…, C), weight (C), mean, rstd (…).
  ///
  /// Results: dx, dweight, dbias.
  ///
  /// With x̂ = (x - mean) · rstd and g = weight · dy: dbias = Σ dy and dweight = Σ dy · x̂ over the rows, dx = rstd ·
  /// (g - mean of g - x̂ · mean of g x̂), means over a row.
  static func layerNormBackward(_ operands: [ReferenceTensor]) -> [ReferenceTensor] {
    let (dy, x, weight) = (operands[0].elements, operands[1], operands[2].elements)
    let (mean, rstd) = (operands[3].elements, operands[4].elements)
    let columns = weight.count
    var (dx, dweight) = (x, ReferenceTensor(zeros: [columns]))
    var dbias = dweight
    for row in mean.indices {
      let places = (row * columns)..<((row + 1) * columns)
      let normalized = x.elements[places].map { ($0 - mean[row]) * rstd[row] }
      let gradient = places.map { weight[$0 % columns] * dy[$0] }
      let meanGradient = gradient.reduce(0, +) / Double(columns)
      let meanProduct = zip(gradient, normalized).reduce(0) { $0 + $1.0 * $1.1 } / Double(columns)
      for (column, place) in places.enumerated() {
        dbias.elements[column] += dy[place]
        dweight.elements[column] += dy[place] * normalized[column]
        dx.elements[place] = rstd[row] * (gradient[column] - meanGradient - normalized[column] * meanProduct)
      }
    }
    return [dx, dweight, dbias]
  }
}
