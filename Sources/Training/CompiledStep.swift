public import BackendAPI
import Datasets
import GraphCompiler
public import GraphIR
public import TrainingEvents

/// A training step compiled for one precision, not yet tied to a state.
public struct CompiledStep {
  /// What runs.
  public let executable: any Executable
  /// The mode it is compiled for.
  public let precision: Precision
  /// A graph that declares the parameters.
  public let forward: Graph
  /// Where the state keeps them.
  public let layout: StateLayout
}

extension Trainer {
  /// Compiles the training step of a precision.
  ///
  /// Can be called from any thread.
  ///
  /// Throws `GraphError` where the network does not fit, and `BackendError` where the device cannot run it.
  public static func compile(
    _ configuration: Configuration, precision: Precision, backend: any Backend
  ) throws -> CompiledStep {
    guard configuration.gradientAccumulation >= 1 else {
      throw TrainingError(
        "gradients are accumulated over 1 micro-batch or more, found \(configuration.gradientAccumulation)")
    }
    guard backend.support(for: precision) != nil else {
      throw TrainingError("\(backend.name) cannot run \(precision.rawValue)")
    }
    let plan = try PrecisionPlan(
      model: configuration.model, batchSize: configuration.batches.batchSize,
      optimizer: configuration.optimizer.kind, precision: precision,
      microBatches: configuration.gradientAccumulation, clipping: configuration.clipping)
    let layout = StateLayout(parameters: plan.graph.parameters, optimizer: configuration.optimizer.kind)
    let executable = try backend.compile(plan.graph, layout: layout, threads: configuration.threads)
    return CompiledStep(executable: executable, precision: precision, forward: plan.graph, layout: layout)
  }
}
