public import BackendAPI
import GraphIR
public import Training
public import TrainingEvents

/// Measures the engine against fixed references that take turns with it, on the calling thread.
public struct GuardBench {
  /// Steps of each side.
  public var steps = 25
  /// Asked before each step; true gives the bench up.
  public var shouldStop: () -> Bool = { false }

  private let backend: any Backend

  /// Steps of each side before the first that counts.
  private static let warmUp = 3

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
      times.ours.append(kinds(ours, trainer.graph))
      times.reference.append(kinds(reference, trainer.graph))
    }
    for kind in OperationKind.allCases {
      guard let threshold = GuardThresholds.kernels(network, policy.mode, kind) else { continue }
      report.rows.append(
        GuardReport.Row(
          name: "\(network) \(policy.mode.rawValue): \(kind.rawValue)", reference: "reference kernels",
          milliseconds: median(times.ours.map { $0[kind] ?? 0 }),
          referenceMilliseconds: median(times.reference.map { $0[kind] ?? 0 }), threshold: threshold))
    }
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
        referenceMilliseconds: median(times.reference), threshold: threshold))
  }

  /// Milliseconds by kind.
  private func kinds(_ result: StepResult, _ graph: Graph) -> [OperationKind: Double] {
    var sums: [OperationKind: Double] = [:]
    for (node, time) in zip(graph.nodes, result.outcome.nodeNanoseconds) where time > 0 {
      sums[node.operation.kind, default: 0] += Double(time) * 1e-6
    }
    return sums
  }
}
