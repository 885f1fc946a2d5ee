import GraphIR
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension OptimizerKind {
  /// The rule with an eps as a format holds it.
  func stored(in dtype: DType) -> OptimizerKind {
    func rounded(_ eps: Float) -> Float { Float(dtype.rounded(Double(eps))) }
    return switch self {
    case .sgd: self
    case .adam(let beta1, let beta2, let eps, let decay):
      .adam(beta1: beta1, beta2: beta2, eps: rounded(eps), weightDecay: decay)
    case .adamW(let beta1, let beta2, let eps, let decay):
      .adamW(beta1: beta1, beta2: beta2, eps: rounded(eps), weightDecay: decay)
    }
  }
}

/// One element of an optimizer's update, in Double.
struct UpdateRule {
  let optimizer: OptimizerKind
  let learningRate: Double
  /// Counted from 1.
  let step: Int64

  /// The new weight and optimizer states from the gradient, unscaled and clipped, and the old ones.
  func apply(_ gradient: Double, _ old: [Double]) -> [Double] {
    let weight = old[0]
    switch optimizer {
    case .sgd(let momentum, let weightDecay, let nesterov):
      let decayed = gradient + Double(weightDecay) * weight
      // torch's buffer starts as the first gradient.
      let buffer = step == 1 ? decayed : Double(momentum) * old[1] + decayed
      let direction = nesterov ? decayed + Double(momentum) * buffer : buffer
      return [weight - learningRate * direction, buffer]
    case .adam(let beta1, let beta2, let eps, let weightDecay):
      let moments = moments(gradient + Double(weightDecay) * weight, old, beta1, beta2)
      return [weight - adaptiveStep(moments, beta1, beta2, Double(eps))] + moments
    case .adamW(let beta1, let beta2, let eps, let weightDecay):
      let moments = moments(gradient, old, beta1, beta2)
      let decayed = weight * (1 - learningRate * Double(weightDecay))
      return [decayed - adaptiveStep(moments, beta1, beta2, Double(eps))] + moments
    }
  }

  /// Running means of the gradient and of its square.
  private func moments(_ gradient: Double, _ old: [Double], _ beta1: Double, _ beta2: Double) -> [Double] {
    [beta1 * old[1] + (1 - beta1) * gradient, beta2 * old[2] + (1 - beta2) * gradient * gradient]
  }

  /// η m̂ / (√v̂ + eps), moments freed from the bias of their start (Kingma & Ba 2015).
  private func adaptiveStep(_ moments: [Double], _ beta1: Double, _ beta2: Double, _ eps: Double) -> Double {
    let first = moments[0] / (1 - pow(beta1, Double(step)))
    let second = moments[1] / (1 - pow(beta2, Double(step)))
    return learningRate * first / (second.squareRoot() + eps)
  }
}
