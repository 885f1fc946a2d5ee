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

  /// The format of a floating-point element format; nil for integers.
  public init?(_ dtype: DType) {
    switch dtype {
    case .float32: self = .fp32
    case .float16: self = .fp16
    case .bfloat16: self = .bf16
    case .int64, .int32, .uint8: return nil
    }
  }
}

extension PrecisionPolicy {
  /// What the policy means to the compiler.
  public var formatRules: FormatRules {
    FormatRules(
      compute: mode.computeFormat?.dtype, style: mode.isAutocast ? .autocast : .wholeModel,
      storage: storageFormat.dtype, keepsBatchNormFloat32: keepsBatchNormFP32, keepFloat32: overrides.keepFP32,
      rounding: overrides.stochasticRounding ? .stochastic : .nearest)
  }
}

extension Backend {
  /// How this device deals with a precision mode; one that it cannot run has a refusal that says what to take instead.
  public func support(for precision: Precision) -> PrecisionSupport {
    let format = (precision.computeFormat ?? .fp32).dtype
    guard precision != .tf32 else {
      return PrecisionSupport(
        precision: precision, isNative: false, explanation: "TF32 needs NVIDIA tensor cores (Ampere or later)",
        refusal: "\(name) cannot run tf32: TF32 needs NVIDIA tensor cores (Ampere or later); use fp32")
    }
    guard let support = support(for: format) else {
      return PrecisionSupport(
        precision: precision, isNative: false, explanation: "not on this device",
        refusal: "\(name) cannot run \(precision.rawValue): it has no \(format.rawValue); use fp32")
    }
    return PrecisionSupport(precision: precision, isNative: support.isNative, explanation: support.explanation)
  }

  /// What `amp` means here: fp16 on a GPU, bf16 on a CPU, native or not.
  public var defaultAutocast: Precision { name == "cpu" ? .ampBF16 : .ampFP16 }
}

/// The graphs of a model under one precision policy, from the network as built to what runs.
public struct PrecisionPlan: Sendable {
  /// Every stage of a training step; the last one runs.
  public let stages: [CompilerPipeline.Stage]

  /// Compiles the training step of a model; `batchSize` is that of a micro-batch.
  ///
  /// Throws `GraphError`, for a pattern of the overrides that names nothing among others.
  public init(
    model: Model, batchSize: Int, optimizer: OptimizerKind, policy: PrecisionPolicy, microBatches: Int = 1,
    clipping: [GradientClipping] = [], recompute: Recompute = .nothing
  ) throws {
    let pipeline = CompilerPipeline(
      policy.formatRules, microBatches: microBatches, clipping: clipping, recompute: recompute)
    stages = try pipeline.trainingStages(model.trainingGraph(batchSize: batchSize), optimizer: optimizer)
  }

  /// The graph that runs.
  public var graph: Graph { stages[stages.count - 1].graph }
}
