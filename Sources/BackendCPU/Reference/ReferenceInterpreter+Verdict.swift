import GraphIR
import TensorCore

extension ReferenceInterpreter {
  /// Gradients of the scaled loss → the verdict on the true ones, see `GradientVerdict`; nothing is clipped yet.
  ///
  /// The reciprocal of the scale is what fp32 keeps of it: infinite for scales of 2^-128 and below.
  func unscale(_ gradients: [ReferenceTensor], lossScale: Double) -> ReferenceTensor {
    let inverseScale = rounder(to: .float32)(1 / lossScale)
    let isFinite = inverseScale.isFinite && gradients.allSatisfy { $0.elements.allSatisfy(\.isFinite) }
    let unscaled = gradients.flatMap { $0.elements.map { $0 * inverseScale } }
    var verdict = ReferenceTensor(zeros: [GradientVerdict.count])
    verdict.elements[GradientVerdict.foundInf] = isFinite ? 0 : 1
    verdict.elements[GradientVerdict.norm] = unscaled.reduce(0) { $0 + $1 * $1 }.squareRoot()
    verdict.elements[GradientVerdict.largest] = unscaled.filter(\.isFinite).reduce(0) { max($0, abs($1)) }
    verdict.elements[GradientVerdict.inverseScale] = inverseScale
    verdict.elements[GradientVerdict.clipFactor] = 1
    verdict.elements[GradientVerdict.clipValue] = .infinity
    return verdict
  }

  /// verdict → verdict with one more clipping.
  ///
  /// A second clipping by norm finds the norm that the first one left.
  static func clip(_ verdict: ReferenceTensor, _ clipping: GradientClipping) -> ReferenceTensor {
    var verdict = verdict
    let norm = verdict.elements[GradientVerdict.norm] * verdict.elements[GradientVerdict.clipFactor]
    verdict.elements[GradientVerdict.clipFactor] *= clipping.factor(norm: norm)
    if case .value(let maximum) = clipping {
      verdict.elements[GradientVerdict.clipValue] = min(verdict.elements[GradientVerdict.clipValue], Double(maximum))
    }
    return verdict
  }

  /// What an update uses of a gradient: clamp(gradient · inverse scale · clip factor, ± clip value).
  static func clipped(_ gradient: Double, by verdict: ReferenceTensor) -> Double {
    let limit = verdict.elements[GradientVerdict.clipValue]
    let unscaled =
      gradient * verdict.elements[GradientVerdict.inverseScale] * verdict.elements[GradientVerdict.clipFactor]
    return max(-limit, min(limit, unscaled))
  }
}
