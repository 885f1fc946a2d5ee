public import BackendAPI
import GraphIR
public import Training
public import TrainingEvents

/// Measures the engine against fixed references that take turns with it, on the calling thread.
public struct GuardBench {
  /// Steps of each side.
  public var steps = 25
  /// Counts instructions in steps of their own; nil for none.
  ///
  /// Made on the thread that measures, whose team has no other member.
  public var counter: InstructionCounter?
  /// Asked before each step; true gives the bench up.
  public var shouldStop: () -> Bool = { false }

  private let backend: any Backend

  /// Steps of each side before the first that counts.
  private static let warmUp = 3
  /// Steps of each side whose instructions are counted.
  private static let countedSteps = 3

  /// Measures on a device.
  public init(_ backend: any Backend) { self.backend = backend }

  /// Trains a network with our kernels and with their reference in turns, and adds a row for each kind of operation that has
  /// a threshold.
  ///
  /// `withReference` runs a step with the reference kernels. Throws what `Trainer` throws, and `BenchmarkError.givenUp`.
  public func measureKernels(
    _ network: String, _ configuration: Trainer.Configuration, policy: PrecisionPolicy,
    withReference: (() throws -> StepResult) throws -> StepResult, into report: inout GuardReport
  ) throws {
    let trainer = try Trainer(configuration, policy: policy, backend: backend)
    var times: (ours: [[OperationKind: Double]], reference: [[OperationKind: Double]]) = ([], [])
    for number in 0..<Self.warmUp + steps {
      if shouldStop() { throw BenchmarkError.givenUp }
      let ours = try trainer.step(timingNodes: true)
      let reference = try withReference { try trainer.step(timingNodes: true) }
      guard number >= Self.warmUp else { continue }
      times.ours.append(kinds(ours.outcome.nodeNanoseconds, trainer.graph))
      times.reference.append(kinds(reference.outcome.nodeNanoseconds, trainer.graph))
    }
    let counts = try countKernels(trainer, withReference)
    for kind in OperationKind.allCases {
      guard let threshold = GuardThresholds.kernels(network, policy.mode, kind) else { continue }
      report.rows.append(
        GuardReport.Row(
          name: "\(network) \(policy.mode.rawValue): \(kind.rawValue)", reference: "reference kernels",
          milliseconds: median(times.ours.map { $0[kind] ?? 0 }) * 1e-6,
          referenceMilliseconds: median(times.reference.map { $0[kind] ?? 0 }) * 1e-6, threshold: threshold,
          instructions: counts.map { counts in
            GuardReport.Instructions(
              ours: median(counts.ours.map { $0[kind] ?? 0 }), reference: median(counts.reference.map { $0[kind] ?? 0 })
            )
          }))
    }
    note(into: &report)
  }

  /// Instructions by kind in some steps of both sides; nil where none are counted.
  private func countKernels(
    _ trainer: Trainer, _ withReference: (() throws -> StepResult) throws -> StepResult
  ) throws -> (ours: [[OperationKind: Double]], reference: [[OperationKind: Double]])? {
    guard let counter else { return nil }
    var counts: (ours: [[OperationKind: Double]], reference: [[OperationKind: Double]]) = ([], [])
    for _ in 0..<Self.countedSteps {
      if shouldStop() { throw BenchmarkError.givenUp }
      let ours = try trainer.step(nodeCounter: { counter.value })
      let reference = try withReference { try trainer.step(nodeCounter: { counter.value }) }
      counts.ours.append(kinds(ours.outcome.nodeCounts, trainer.graph))
      counts.reference.append(kinds(reference.outcome.nodeCounts, trainer.graph))
    }
    return counter.failure == nil ? counts : nil
  }

  /// Says in the report why the counter stopped, where it did.
  private func note(into report: inout GuardReport) {
    if let failure = counter?.failure { report.uncounted = failure.description }
  }

  /// Trains a network and steps a yardstick in turns, and adds the row of the whole step.
  ///
  /// Throws what `Trainer` throws, and `BenchmarkError.givenUp`.
  public func measureStep(
    _ network: String, _ configuration: Trainer.Configuration, policy: PrecisionPolicy, yardstick: () -> Void,
    into report: inout GuardReport
  ) throws {
    guard let threshold = GuardThresholds.step(policy.mode) else { return }
    let trainer = try Trainer(configuration, policy: policy, backend: backend)
    let clock = ContinuousClock()
    var times: (ours: [Double], reference: [Double]) = ([], [])
    for number in 0..<Self.warmUp + steps {
      if shouldStop() { throw BenchmarkError.givenUp }
      // The caches are those of the other side at first: one step for nothing.
      _ = try trainer.step()
      let ours = try trainer.step().totalMilliseconds
      let reference = clock.measure(yardstick) / .milliseconds(1)
      guard number >= Self.warmUp else { continue }
      times.ours.append(ours)
      times.reference.append(reference)
    }
    report.rows.append(
      GuardReport.Row(
        name: "\(network) \(policy.mode.rawValue): step", reference: "plain C", milliseconds: median(times.ours),
        referenceMilliseconds: median(times.reference), threshold: threshold,
        instructions: try countStep(trainer, yardstick)))
    note(into: &report)
  }

  /// Instructions of some steps of both sides; nil where none are counted.
  private func countStep(_ trainer: Trainer, _ yardstick: () -> Void) throws -> GuardReport.Instructions? {
    guard let counter else { return nil }
    var counts: (ours: [Double], reference: [Double]) = ([], [])
    for _ in 0..<Self.countedSteps {
      if shouldStop() { throw BenchmarkError.givenUp }
      let start = counter.value
      _ = try trainer.step()
      let middle = counter.value
      yardstick()
      counts.ours.append(Double(middle - start))
      counts.reference.append(Double(counter.value - middle))
    }
    guard counter.failure == nil else { return nil }
    return GuardReport.Instructions(ours: median(counts.ours), reference: median(counts.reference))
  }

  /// Sums of what the nodes took, by kind of operation.
  private func kinds(_ values: [Int64], _ graph: Graph) -> [OperationKind: Double] {
    var sums: [OperationKind: Double] = [:]
    for (node, value) in zip(graph.nodes, values) { sums[node.operation.kind, default: 0] += Double(value) }
    return sums
  }
}
