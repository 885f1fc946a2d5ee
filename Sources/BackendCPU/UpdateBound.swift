import BackendAPI
import GraphIR

/// Proves from magnitudes that an update cannot write a NaN or an infinity, without looking at every element.
///
/// With |w| ≤ W, |state| ≤ S, |g| ≤ G (unscaled), in fp64 and with a margin of 2:
///
///     SGD:   |b'| ≤ μ S + G + λ W                      |w'| ≤ W + η |b'|
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
    case .sgd(let momentum, let weightDecay):
      let buffer = abs(Double(momentum)) * first + gradient + abs(Double(weightDecay)) * weight
      return buffer < limit && weight + rate * buffer < limit
    case .adamW(let beta1, let beta2, let eps, let weightDecay):
      let (b1, b2) = (Double(beta1), Double(beta2))
      let moment = b1 * first + (1 - b1) * gradient
      let square = b2 * Double(magnitudes.state.second) + gradient * gradient
      let step = rate * moment / ((1 - b1) * Double(eps))
      let kept = abs(1 - rate * Double(weightDecay)) * weight
      return gradient * gradient < limit && moment / (1 - b1) < limit && square / (1 - b2) < limit && step < limit
        && kept + step < limit
    }
  }
}
