import GraphIR
import TensorCore

extension ReferenceInterpreter {
  /// Batch normalisation in training (Ioffe & Szegedy 2015; torch.nn.BatchNorm2d).
  ///
  /// Operands: x (N, C, …), weight, bias, running mean, running variance (C). Results: y, mean, rstd = 1/√(biased
  /// variance + eps), new running mean, new running variance = (1 - momentum) · old + momentum · batch (unbiased).
  static func batchNorm(_ operands: [ReferenceTensor], _ attributes: BatchNormAttributes) -> [ReferenceTensor] {
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
    let y = normalize(operands, mean, rstd, relu: attributes.relu)
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

  /// Operands: dy, x, [y where relu was fused], weight, batch mean, batch rstd.
  ///
  /// Results: dx, dweight, dbias.
  ///
  /// With x̂ = (x - mean) · rstd: dbias = Σ dy, dweight = Σ dy · x̂, dx = weight · rstd · (dy - dbias/rows - x̂ ·
  /// dweight/rows), sums and rows by channel.
  static func batchNormBackward(_ operands: [ReferenceTensor], _ attributes: BatchNormAttributes) -> [ReferenceTensor] {
    let x = operands[1]
    // Gradients pass relu only where its result was positive.
    let dy = attributes.relu ? operands[0].zip(operands[2]) { dy, y in y > 0 ? dy : 0 } : operands[0]
    let perChannel = operands.suffix(3).map(\.elements)
    let (weight, mean, rstd) = (perChannel[0], perChannel[1], perChannel[2])
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
