import BackendAPI
import Datasets
import GraphIR
import TensorCore
import Training
import TrainingEvents

/// Which tensors of a step a mode stores in 16 bits: only those can overflow or be flushed in it.
struct NarrowTensors {
  private var wide: Set<TensorKey> = []
  /// Whether the batch is rounded to 16 bits.
  private(set) var isInputNarrow = false

  /// Compiles the graphs of a mode and reads them.
  ///
  /// Throws `GraphError`.
  init(_ policy: PrecisionPolicy, of configuration: Trainer.Configuration) throws {
    let graph = try PrecisionPlan(
      model: configuration.model, batchSize: configuration.batches.batchSize, optimizer: configuration.optimizer.kind,
      policy: policy, microBatches: configuration.gradientAccumulation, clipping: configuration.clipping
    ).graph
    var rounded = Set<ValueID>()
    for node in graph.nodes {
      if case .cast(let format) = node.operation, format.isLowPrecision { rounded.formUnion(node.inputs) }
    }
    isInputNarrow = graph.inputs["x"].map(rounded.contains) ?? false
    for (tensor, value) in graph.watchedTensors where !tensor.dtype.isLowPrecision && !rounded.contains(value) {
      wide.insert(tensor.key)
    }
  }

  /// Everything is narrow but what is listed: for tests.
  init(allBut wide: Set<TensorKey>) { self.wide = wide }

  /// Whether a tensor of the fp32 step is stored in 16 bits; one that the mode has under no such name counts as stored.
  func contains(_ tensor: TensorReport) -> Bool { !wide.contains(tensor.key) }
}
