public import BackendAPI
public import GraphIR
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension ReferenceInterpreter {
  /// What the end of a step decided, and everything that changes by it.
  public struct CommitResult: Sendable {
    /// Why nothing is committed; nil where everything is.
    public var skip: StepOutcome.Skip?
    /// L2 norm of the unscaled gradients; not finite where one of them is not.
    public var gradNorm: Double
    /// New contents of the entries that change; empty for a skipped step.
    public var state: [String: [Double]]
    /// The control afterwards.
    public var control: StepControl
  }

  /// The transaction of a `commit` node: unscale, judge, update everything or nothing.
  ///
  /// Judged in this order: the loss; the gradients before unscaling, and the reciprocal of the scale; the new weights,
  /// optimizer states and statistics. The first two make the scaler back off. A failing update leaves it alone: another
  /// scale would not make the update finite.
  /// `values` are those of `run`, `state` the entries before the step. Throws `BackendError` for a missing entry.
  public func commit(
    _ node: Node, _ attributes: CommitAttributes, values: [ReferenceTensor], state: [String: [Double]],
    control: StepControl, learningRate: Float
  ) throws(BackendError) -> CommitResult {
    let operands = node.inputs.map { values[$0.index].elements }
    let gradients = operands[1..<(1 + attributes.parameters.count)]
    let pending = operands[(1 + attributes.parameters.count)...]
    let inverseScale = Double(control.scaler?.inverseScale ?? 1)
    let squares = gradients.joined().reduce(0) { $0 + $1 * inverseScale * ($1 * inverseScale) }
    var result = CommitResult(skip: nil, gradNorm: squares.squareRoot(), state: [:], control: control)

    if !operands[0].allSatisfy(\.isFinite) {
      result.skip = .loss
    } else if !inverseScale.isFinite || !gradients.joined().allSatisfy(\.isFinite) {
      result.skip = .gradient
    }
    if result.skip != nil {
      result.control.scaler?.update(foundInf: true)
      return result
    }

    var new: [String: [Double]] = [:]
    let rule = UpdateRule(
      optimizer: attributes.optimizer, learningRate: Double(learningRate), step: control.committedSteps + 1)
    for (name, gradient) in zip(attributes.parameters, gradients) {
      let names = [name] + attributes.optimizer.stateNames.map { StateLayout.optimizerEntry($0, of: name) }
      var old: [[Double]] = []
      for name in names {
        guard let entry = state[name] else { throw BackendError.unknownEntry(name) }
        old.append(entry)
      }
      var updated = old
      for index in gradient.indices {
        let element = rule.apply(gradient[index] * inverseScale, old.map { $0[index] })
        for (entry, value) in element.enumerated() { updated[entry][index] = stored(value) }
      }
      for (name, entry) in zip(names, updated) { new[name] = entry }
    }
    for (name, statistic) in zip(attributes.statistics, pending) { new[name] = statistic }

    if new.values.joined().allSatisfy(\.isFinite) {
      result.state = new
      result.control.committedSteps += 1
      result.control.scaler?.update(foundInf: false)
    } else {
      result.skip = .update
    }
    return result
  }

  /// What the fp32 state keeps of a number.
  private func stored(_ value: Double) -> Double { rounding == .exact ? value : DType.float32.rounded(value) }
}

/// One element of an optimizer's update.
private struct UpdateRule {
  let optimizer: OptimizerKind
  let learningRate: Double
  /// Counted from 1.
  let step: Int64

  /// The new weight and optimizer states from the unscaled gradient and the old ones.
  func apply(_ gradient: Double, _ old: [Double]) -> [Double] {
    let weight = old[0]
    switch optimizer {
    case .sgd(let momentum, let weightDecay):
      let decayed = gradient + Double(weightDecay) * weight
      // torch's buffer starts as the first gradient.
      let buffer = step == 1 ? decayed : Double(momentum) * old[1] + decayed
      return [weight - learningRate * buffer, buffer]
    case .adamW(let beta1, let beta2, let eps, let weightDecay):
      let (beta1, beta2) = (Double(beta1), Double(beta2))
      let first = beta1 * old[1] + (1 - beta1) * gradient
      let second = beta2 * old[2] + (1 - beta2) * gradient * gradient
      let firstCorrection = 1 - pow(beta1, Double(step))
      let secondCorrection = 1 - pow(beta2, Double(step))
      let denominator = (second / secondCorrection).squareRoot() + Double(eps)
      let decayed = weight * (1 - learningRate * Double(weightDecay))
      return [decayed - learningRate / firstCorrection * first / denominator, first, second]
    }
  }
}
