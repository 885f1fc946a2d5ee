public import BackendAPI
public import GraphCompiler
public import GraphIR
public import TensorCore
public import TrainingEvents

extension NumericFormat {
  /// The element format of tensors.
  public var dtype: DType {
    switch self {
    case .fp32: .float32
    case .fp16: .float16
    case .bf16: .bfloat16
    }
  }
}

extension Backend {
  /// How this device computes a precision mode; nil where it cannot run it.
  public func support(for precision: Precision) -> PrecisionSupport? {
    guard let support = support(for: (precision.autocastFormat ?? .fp32).dtype) else { return nil }
    return PrecisionSupport(
      precision: precision, isNative: support.isNative, explanation: support.explanation)
  }

  /// What `amp` means here: fp16 on a GPU, bf16 on a CPU, native or not.
  public var defaultAutocast: Precision { name == "cpu" ? .ampBF16 : .ampFP16 }
}

/// The graphs of a model in one precision, from the network as built to what runs.
public struct PrecisionPlan: Sendable {
  /// Every stage of a training step; the last one runs.
  public let stages: [CompilerPipeline.Stage]

  /// Compiles the training step of a model; `batchSize` is that of a micro-batch.
  ///
  /// Throws `GraphError`.
  public init(
    model: Model, batchSize: Int, optimizer: OptimizerKind, precision: Precision, microBatches: Int = 1,
    clipping: [GradientClipping] = []
  ) throws {
    let pipeline = CompilerPipeline(
      autocastFormat: precision.autocastFormat?.dtype, microBatches: microBatches, clipping: clipping)
    stages = try pipeline.trainingStages(model.trainingGraph(batchSize: batchSize), optimizer: optimizer)
  }

  /// The graph that runs.
  public var graph: Graph { stages[stages.count - 1].graph }
}
