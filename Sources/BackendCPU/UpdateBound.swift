import BackendAPI
import GraphIR

/// Proves from magnitudes that an update cannot write a NaN or an infinity, without looking at every element.
///
/// With |w| ≤ W, |state| ≤ S, |g| ≤ G (unscaled), in fp64 and with a margin of 2:
///
///     SGD:   |b'| ≤ μ S + G + λ W                      |w'| ≤ W + η |b'|, with Nesterov W + η (G + λ W + μ |b'|)
///     Adam:  as AdamW with G + λ W for G, and no decay of W
///     AdamW: |m'| ≤ β₁ S₁ + (1 - β₁) G,  v' ≤ β₂ S₂ + (1 - β₂) G²
///            |w'| ≤ |1 - η λ| W + η |m'| / ((1 - β₁) ε)       since 1 - β₁ᵗ ≥ 1 - β₁
///
/// The bound on the AdamW step ignores √v and is loose; training sits thirty powers of ten below the limit all the same.
struct UpdateBound {
  let optimizer: OptimizerKind
  let learningRate: Float
  let gradient: Float
  let magnitudes: StepControl.Magnitudes

  /// True where every value the update computes stays below half the largest fp32 number.
  var provesFinite: Bool {
    let limit = Double(Float.greatestFiniteMagnitude) / 2
    let (weight, gradient) = (Double(magnitudes.weight), Double(gradient))
    let rate = abs(Double(learningRate))
    let first = Double(magnitudes.state.first)
    switch optimizer {
    case .sgd(let momentum, let weightDecay, let nesterov):
      let decayed = gradient + abs(Double(weightDecay)) * weight
      let buffer = abs(Double(momentum)) * first + decayed
      let step = nesterov ? decayed + abs(Double(momentum)) * buffer : buffer
      return buffer < limit && step < limit && weight + rate * step < limit
    case .adam(let beta1, let beta2, let eps, let weightDecay):
      return adamIsFinite(
        beta1, beta2, Double(eps), gradient: gradient + abs(Double(weightDecay)) * weight, kept: weight, limit: limit)
    case .adamW(let beta1, let beta2, let eps, let weightDecay):
      let kept = abs(1 - rate * Double(weightDecay)) * weight
      return adamIsFinite(beta1, beta2, Double(eps), gradient: gradient, kept: kept, limit: limit)
    }
  }

  private func adamIsFinite(
    _ beta1: Double, _ beta2: Double, _ eps: Double, gradient: Double, kept: Double, limit: Double
  ) -> Bool {
    let moment = beta1 * Double(magnitudes.state.first) + (1 - beta1) * gradient
    let square = beta2 * Double(magnitudes.state.second) + gradient * gradient
    let step = abs(Double(learningRate)) * moment / ((1 - beta1) * eps)
    return gradient * gradient < limit && moment / (1 - beta1) < limit && square / (1 - beta2) < limit && step < limit
      && kept + step < limit
  }
}
