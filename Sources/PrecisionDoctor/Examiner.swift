import BackendAPI
import Datasets
import GraphCompiler
import GraphIR
import SafetensorsFormat
import TensorCore
import Training
import TrainingEvents

/// Trains in fp32, looks at its tensors, and tries single steps of other modes from where it stands.
final class Examiner {
  /// Skips in a row after which fp32 counts as diverged; a batch that holds NaN is one skip.
  static let divergenceLimit = 10

  let trainer: Trainer
  private let shouldStop: () -> Bool

  init(
    _ configuration: Trainer.Configuration, initialWeights: SafetensorsFile?, backend: any Backend,
    shouldStop: @escaping () -> Bool
  ) throws {
    trainer = try Trainer(configuration, precision: .fp32, backend: backend)
    if let initialWeights { try trainer.loadWeights(from: initialWeights) }
    self.shouldStop = shouldStop
  }

  /// Trains for a number of committed steps, at least one, and looks at the first and the last of them.
  ///
  /// Throws `DoctorError.diverged` where steps are skipped over and over.
  func examine(steps: Int) throws -> Examination {
    let wanted = max(steps, 1)
    var examination = Examination(steps: 0, looks: [], largestInput: try largestInput())
    var skips = 0
    while examination.steps < wanted {
      if shouldStop() { throw DoctorError.givenUp }
      guard trainer.attempt < trainer.configuration.attemptLimit ?? .max else {
        throw DoctorError.request(
          "the batches end after \(trainer.attempt) attempts with \(examination.steps) committed steps: ask for fewer "
            + "steps than \(wanted)")
      }
      let isLooking = examination.steps == 0 || examination.steps == wanted - 1
      let result = try trainer.step(inspection: isLooking ? .complete : .none, diagnosing: true)
      guard result.isCommitted else {
        skips += 1
        if skips == Examiner.divergenceLimit { throw diverged(result, skips: skips) }
        continue
      }
      (skips, examination.steps) = (0, examination.steps + 1)
      if isLooking {
        examination.looks.append(
          Examination.Look(attempt: result.attempt, loss: result.loss, tensors: reports(result, of: trainer)))
      }
    }
    return examination
  }

  private func diverged(_ result: StepResult, skips: Int) -> DoctorError {
    let reason = skipReason(result, of: trainer) ?? "nothing was committed"
    return .diverged(
      "fp32 itself diverges: \(skips) attempts in a row were skipped, the last, \(result.attempt), because \(reason). "
        + "No precision helps: lower the learning rate, or look at data and weights")
  }

  /// Largest magnitude in the first batch.
  private func largestInput() throws -> Double? {
    let source = trainer.configuration.batches
    guard source.input.dtype == .float32 else { return nil }
    let inputs = UnsafeMutableRawBufferPointer.allocate(byteCount: source.inputByteCount, alignment: 64)
    let targets = UnsafeMutableRawBufferPointer.allocate(byteCount: source.targetByteCount, alignment: 64)
    defer {
      inputs.deallocate()
      targets.deallocate()
    }
    try source.fill(attempt: 0, inputs: inputs, targets: targets)
    return inputs.withMemoryRebound(to: Float.self) { values in
      values.reduce(0) { max($0, Double($1.magnitude)) }
    }
  }

  /// One step of a mode, from a copy of where the fp32 run stands and on its next batch; the run itself stays there.
  ///
  /// - Parameters:
  ///   - policy: the mode.
  ///   - scale: a loss scale that does not move; nil scales nothing.
  ///
  /// Where batches end the last one is taken again.
  func attempt(_ policy: PrecisionPolicy, scale: Double? = nil) throws -> PrecisionTrial {
    var configuration = trainer.configuration
    configuration.scaler = scale.map { .static(Float($0)) } ?? .off
    let other = try Trainer(
      configuration, precision: policy.mode, overrides: policy.overrides, continuing: trainer.state.copy(),
      attempt: min(trainer.attempt, (configuration.attemptLimit ?? .max) - 1), backend: trainer.backend)
    let result = try other.step(inspection: .complete, diagnosing: true)
    return PrecisionTrial(
      policy: policy, scale: scale, attempt: result.attempt, isCommitted: result.isCommitted, loss: result.loss,
      failure: skipReason(result, of: other), place: place(of: result.finding, in: other.graph),
      weights: reports(result, of: other).filter { $0.kind == .weight }.map(PrecisionTrial.Weight.init))
  }

  private func reports(_ result: StepResult, of trainer: Trainer) -> [TensorReport] {
    let tensors = trainer.watchedTensors
    return result.outcome.readings.map { TensorReport($0, of: tensors[$0.tensor]) }
  }

  // MARK: Why a step was skipped

  private func skipReason(_ result: StepResult, of trainer: Trainer) -> String? {
    guard let skip = result.outcome.skip else { return nil }
    guard let finding = result.finding else {
      return switch skip {
      case .loss: "the loss is not finite"
      case .gradient: "a gradient is not finite"
      case .update: "an update is not finite"
      }
    }
    let amounts = [(finding.infinities, "inf"), (finding.nans, "NaN")].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let found = "\(amounts.joined(separator: " and ")) of \(finding.count) in \(finding.dtype.rawValue)"
    switch finding.source {
    case .input: return "the batch holds \(found)"
    case .state(let name): return "\(name) holds \(found)"
    case .copy(let name): return "\(name) is beyond the range of \(finding.dtype.rawValue)"
    case .inverseScale: return "the reciprocal of the loss scale is not finite"
    case .injection: return "it was broken on purpose"
    case .update(let name):
      let format = NumericFormat(finding.dtype)?.rawValue ?? finding.dtype.rawValue
      let eps = trainer.configuration.optimizer.kind.eps
      guard let eps, finding.dtype.rounded(Double(eps)) == 0 else { return "the update of \(name) is not finite" }
      return "the update of \(name) is not finite: small second moments are 0 in \(format), and so is eps \(eps)"
    case .node(let number):
      let node = trainer.graph.nodes[number]
      let title = node.layer.isEmpty ? node.operation.name : "\(node.layer) \(node.operation.name)"
      return "\(title) (\(node.phase.rawValue)) gives \(found)"
    }
  }

  /// What could be kept in fp32 against a finding; nil where that would change nothing.
  private func place(of finding: Finding?, in graph: Graph) -> PrecisionTrial.Place? {
    let number: Int
    switch finding?.source {
    case .node(let found): number = found
    case .copy(let name):
      let copies = graph.values.filter { $0.origin == .lowPrecisionCopy(of: name) }.map(\.id)
      guard let reader = graph.nodes.firstIndex(where: { $0.inputs.contains(where: copies.contains) }) else {
        return nil
      }
      number = reader
    default: return nil
    }
    let node = graph.nodes[number]
    if case .cast = node.operation, node.layer.isEmpty { return nil }
    if node.phase == .forward, AutocastPolicy(node.operation) == .float32 { return nil }
    return PrecisionTrial.Place(name: node.keepName, isForward: node.phase == .forward)
  }
}

extension OptimizerKind {
  /// The constant that keeps a division finite; nil where there is none.
  var eps: Float? {
    switch self {
    case .sgd: nil
    case .adam(_, _, let eps, _), .adamW(_, _, let eps, _): eps
    }
  }
}
