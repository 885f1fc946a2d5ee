public import BackendAPI
import Datasets
import GraphCompiler
public import GraphIR
public import TrainingEvents

/// A training step compiled for one precision policy, not yet tied to a state.
public struct CompiledStep {
  /// What runs.
  public let executable: any Executable
  /// What it is compiled for.
  public let policy: PrecisionPolicy
  /// How it trains, batches and clipping among it.
  public let configuration: Trainer.Configuration
  /// A graph that declares the parameters.
  public let forward: Graph
  /// Where the state keeps them.
  public let layout: StateLayout
}

extension CompiledStep {
  /// Whether it is a step of this policy and these settings.
  func isFor(_ policy: PrecisionPolicy, _ configuration: Trainer.Configuration) -> Bool {
    self.policy == policy && self.configuration.isSame(as: configuration)
  }
}

extension Trainer {
  /// Compiles the training step of a precision policy.
  ///
  /// Can be called from any thread.
  ///
  /// Throws `TrainingError` where the device cannot run the mode or the overrides contradict it, `GraphError` where the
  /// network does not fit or an override names nothing, and `BackendError` where the device has no kernel.
  public static func compile(
    _ configuration: Configuration, policy: PrecisionPolicy, backend: any Backend
  ) throws -> CompiledStep {
    guard configuration.gradientAccumulation >= 1 else {
      throw TrainingError(
        "gradients are accumulated over 1 micro-batch or more, found \(configuration.gradientAccumulation)")
    }
    if let refusal = backend.support(for: policy.mode).refusal ?? policy.contradiction { throw TrainingError(refusal) }
    let plan = try PrecisionPlan(
      model: configuration.model, batchSize: configuration.batches.batchSize,
      optimizer: configuration.optimizer.kind, policy: policy,
      microBatches: configuration.gradientAccumulation, clipping: configuration.clipping,
      recompute: configuration.recompute)
    let layout = StateLayout(parameters: plan.graph.parameters, optimizer: configuration.optimizer.kind)
    let executable = try backend.compile(plan.graph, layout: layout, threads: configuration.threads)
    return CompiledStep(
      executable: executable, policy: policy, configuration: configuration, forward: plan.graph, layout: layout)
  }
}
