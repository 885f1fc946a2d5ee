import GraphIR
import TensorCore

extension ReferenceInterpreter {
  /// Batch normalisation in training (Ioffe & Szegedy 2015; torch.nn.BatchNorm2d).
  ///
  /// Operands: x (N, C, …), weight, bias, running mean, running variance (C). Results: y, mean, rstd = 1/√(biased
  /// variance + eps), new running mean, new running variance = (1 - momentum) · old + momentum · batch (unbiased).
  ///
  /// y is made with mean and rstd as they are stored, in fp32, so that backward can make it again.
  func batchNorm(_ operands: [ReferenceTensor], _ attributes: BatchNormAttributes) -> [ReferenceTensor] {
    let x = operands[0]
    let rows = Double(x.shape.count / x.shape[1])
    var mean = ReferenceTensor(zeros: [x.shape[1]])
    var variance = mean
    for (index, element) in x.elements.enumerated() { mean.elements[x.channel(ofElement: index)] += element / rows }
    for (index, element) in x.elements.enumerated() {
      let c = x.channel(ofElement: index)
      let deviation = element - mean.elements[c]
      variance.elements[c] += deviation * deviation / rows
    }
    let rstd = variance.map { 1 / ($0 + Double(attributes.eps)).squareRoot() }
    let momentum = Double(attributes.momentum)
    let newMean = operands[3].zip(mean) { old, batch in (1 - momentum) * old + momentum * batch }
    let newVariance = operands[4].zip(variance) { old, batch in
      (1 - momentum) * old + momentum * batch * rows / (rows - 1)
    }
    let store = rounder(to: .float32)
    let y = Self.normalize(operands, mean.map(store), rstd.map(store), relu: attributes.relu)
    return [y, mean, rstd, newMean, newVariance]
  }

  /// Batch normalisation with running statistics; operands as in training.
  static func batchNormInference(_ operands: [ReferenceTensor], _ attributes: BatchNormAttributes) -> ReferenceTensor {
    let rstd = operands[4].map { 1 / ($0 + Double(attributes.eps)).squareRoot() }
    return normalize(operands, operands[3], rstd, relu: attributes.relu)
  }

  /// y = weight · (x - mean) · rstd + bias, then max(·, 0) if `relu`.
  private static func normalize(
    _ operands: [ReferenceTensor], _ mean: ReferenceTensor, _ rstd: ReferenceTensor, relu: Bool
  ) -> ReferenceTensor {
    let (weight, bias) = (operands[1].elements, operands[2].elements)
    var y = operands[0]
    for (index, element) in operands[0].elements.enumerated() {
      let c = y.channel(ofElement: index)
      let value = weight[c] * (element - mean.elements[c]) * rstd.elements[c] + bias[c]
      y.elements[index] = relu ? Self.relu(value) : value
    }
    return y
  }

  /// Operands: dy, x, weight, [bias where relu was fused], batch mean, batch rstd.
  ///
  /// Results: dx, dweight, dbias. Activations are stored as `stored`.
  ///
  /// With x̂ = (x - mean) · rstd: dbias = Σ dy, dweight = Σ dy · x̂, dx = weight · rstd · (dy - dbias/rows - x̂ ·
  /// dweight/rows), sums and rows by channel.
  func batchNormBackward(
    _ operands: [ReferenceTensor], _ attributes: BatchNormAttributes, stored: DType
  ) -> [ReferenceTensor] {
    let (x, statistics) = (operands[1], operands.suffix(2).map { $0 })
    var dy = operands[0]
    if attributes.relu {
      // Gradients pass relu only where its result, as it was stored, was positive.
      let y = Self.normalize(Array(operands[1...3]), statistics[0], statistics[1], relu: true).map(rounder(to: stored))
      dy = dy.zip(y) { dy, y in y > 0 ? dy : 0 }
    }
    let (weight, mean, rstd) = (operands[2].elements, statistics[0].elements, statistics[1].elements)
    let rows = Double(x.shape.count / x.shape[1])

    func normalized(_ index: Int) -> Double {
      let c = x.channel(ofElement: index)
      return (x.elements[index] - mean[c]) * rstd[c]
    }
    var dweight = ReferenceTensor(zeros: [x.shape[1]])
    var dbias = dweight
    for (index, gradient) in dy.elements.enumerated() {
      let c = x.channel(ofElement: index)
      dbias.elements[c] += gradient
      dweight.elements[c] += gradient * normalized(index)
    }
    var dx = dy
    for (index, gradient) in dy.elements.enumerated() {
      let c = x.channel(ofElement: index)
      dx.elements[index] =
        weight[c] * rstd[c]
        * (gradient - dbias.elements[c] / rows - normalized(index) * dweight.elements[c] / rows)
    }
    return [dx, dweight, dbias]
  }
}
