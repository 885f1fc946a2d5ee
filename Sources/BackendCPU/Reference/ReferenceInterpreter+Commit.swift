public import BackendAPI
public import GraphIR
import TensorCore

extension ReferenceInterpreter {
  /// What the end of a step decided, and everything that changes by it.
  public struct CommitResult: Sendable {
    /// Why nothing is committed; nil where everything is.
    public var skip: StepOutcome.Skip?
    /// L2 norm of the unscaled gradients before clipping; not finite where one of them is not.
    public var gradNorm: Double
    /// New contents of the entries that change; empty for a skipped step.
    public var state: [String: [Double]]
    /// The control afterwards.
    public var control: StepControl
  }

  /// The transaction of a `commit` node: judge, update everything or nothing.
  ///
  /// Judged in this order: the loss; the verdict on the gradients and on the reciprocal of the scale; the new weights,
  /// optimizer states and statistics. The first two make the scaler back off. A failing update leaves it alone: another
  /// scale would not make the update finite.
  /// `values` are those of `run`, `state` the entries before the step. Throws `BackendError` for a missing entry.
  public func commit(
    _ node: Node, _ attributes: CommitAttributes, values: [ReferenceTensor], state: [String: [Double]],
    control: StepControl, learningRate: Float
  ) throws(BackendError) -> CommitResult {
    let operands = node.inputs.map { values[$0.index] }
    let (loss, verdict) = (operands[0], operands[1])
    let gradients = operands[CommitAttributes.firstGradient..<attributes.firstStatistic].map(\.elements)
    let pending = operands[attributes.firstStatistic...].map(\.elements)
    var result = CommitResult(
      skip: nil, gradNorm: verdict.elements[GradientVerdict.norm], state: [:], control: control)

    if !loss.elements.allSatisfy(\.isFinite) {
      result.skip = .loss
    } else if verdict.elements[GradientVerdict.foundInf] != 0 {
      result.skip = .gradient
    }
    if result.skip != nil {
      result.control.scaler?.update(foundInf: true)
      return result
    }

    var new: [String: [Double]] = [:]
    let formats = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.name, $0.dtype) })
    for (name, gradient) in zip(attributes.parameters, gradients) {
      let names = [name] + attributes.optimizer.stateNames.map { StateLayout.optimizerEntry($0, of: name) }
      var old: [[Double]] = []
      for name in names {
        guard let entry = state[name] else { throw BackendError.unknownEntry(name) }
        old.append(entry)
      }
      var updated = old
      let rule = UpdateRule(
        optimizer: attributes.optimizer.stored(in: formats[name] ?? .float32), learningRate: Double(learningRate),
        step: control.committedSteps + 1)
      let stored = rounder(to: formats[name] ?? .float32)
      for index in gradient.indices {
        let element = rule.apply(Self.clipped(gradient[index], by: verdict), old.map { $0[index] })
        for (entry, value) in element.enumerated() { updated[entry][index] = stored(value) }
      }
      for (name, entry) in zip(names, updated) { new[name] = entry }
    }
    for (name, statistic) in zip(attributes.statistics, pending) {
      new[name] = statistic.map(rounder(to: formats[name] ?? .float32))
    }

    if new.values.joined().allSatisfy(\.isFinite) {
      result.state = new
      result.control.committedSteps += 1
      result.control.scaler?.update(
        foundInf: false, largestGradient: Float(verdict.elements[GradientVerdict.largest]))
    } else {
      result.skip = .update
    }
    return result
  }
}
