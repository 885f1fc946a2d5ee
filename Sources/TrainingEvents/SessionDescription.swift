/// What a session is: one model, one data set, one device, and its lanes.
///
/// The first event of every stream.
public struct SessionDescription: Codable, Sendable, Hashable {
  /// Name of the network, for example "cnn".
  public var model: String
  /// Number of trainable parameters.
  public var parameterCount: Int
  /// Floating-point operations of one forward pass of one sample (a multiply-add counts as two), GEMM and convolution.
  public var forwardFLOPsPerSample: Double
  /// The data the lanes train on.
  public var data: DataDescription
  /// Samples per training step.
  public var batchSize: Int
  /// "sgd" or "adamw".
  public var optimizer: String
  /// Learning rate at the start.
  public var learningRate: Double
  /// Seed of weights, batches and dropout masks.
  public var seed: UInt64
  /// Attempts after which a lane ends; nil where it runs until stopped.
  public var steps: Int?
  /// How the lanes share the device at the start.
  public var schedule: Schedule
  /// Compute threads of each lane.
  public var threadsPerLane: Int
  /// The lanes, in order.
  public var lanes: [LaneDescription]
  /// The lane that speedups are measured against: the first fp32 lane, else lane A.
  public var baseline: LaneID
  /// The machine.
  public var machine: MachineDescription
  /// Which precision modes this device can be switched to, and how it computes them.
  public var precisions: [PrecisionSupport]
  /// Versions by component, for example "ampscope": "0.1.0", "oneDNN": "2.6.3".
  public var versions: [String: String]

  /// Creates a description; every field is stated.
  public init(
    model: String, parameterCount: Int, forwardFLOPsPerSample: Double, data: DataDescription, batchSize: Int,
    optimizer: String, learningRate: Double, seed: UInt64, steps: Int?, schedule: Schedule, threadsPerLane: Int,
    lanes: [LaneDescription], baseline: LaneID, machine: MachineDescription, precisions: [PrecisionSupport],
    versions: [String: String]
  ) {
    self.model = model
    self.parameterCount = parameterCount
    self.forwardFLOPsPerSample = forwardFLOPsPerSample
    self.data = data
    self.batchSize = batchSize
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.seed = seed
    self.steps = steps
    self.schedule = schedule
    self.threadsPerLane = threadsPerLane
    self.lanes = lanes
    self.baseline = baseline
    self.machine = machine
    self.precisions = precisions
    self.versions = versions
  }

  enum CodingKeys: String, CodingKey {
    case model, parameterCount, forwardFLOPsPerSample, data, batchSize, optimizer
    case learningRate = "lr"
    case seed, steps, schedule
    case threadsPerLane = "threads"
    case lanes, baseline, machine, precisions, versions
  }
}

/// The data set of a session.
public struct DataDescription: Codable, Sendable, Hashable {
  /// Name, for example "fashion-mnist" or "synthetic".
  public var name: String
  /// True where the samples were generated from a seed rather than read.
  public var isSynthetic: Bool
  /// Number of training samples.
  public var trainCount: Int
  /// Number of validation samples.
  public var validationCount: Int
  /// Shape of one sample, for example [1, 28, 28] (C, H, W).
  public var sampleShape: [Int]
  /// Number of classes, or of tokens; nil where targets are numbers.
  public var classCount: Int?
  /// What is learned, for example "classification" or "language"; nil in older files.
  public var task: String?
  /// The score that a network which has learned the task reaches; nil where nobody knows.
  public var goal: ScoreGoal?
  /// Where it came from, and why it was chosen if the user did not; one line, may be empty.
  public var note: String

  /// Creates a description; every field is stated.
  public init(
    name: String, isSynthetic: Bool, trainCount: Int, validationCount: Int, sampleShape: [Int], classCount: Int?,
    task: String? = nil, goal: ScoreGoal? = nil, note: String
  ) {
    self.name = name
    self.isSynthetic = isSynthetic
    self.trainCount = trainCount
    self.validationCount = validationCount
    self.sampleShape = sampleShape
    self.classCount = classCount
    self.task = task
    self.goal = goal
    self.note = note
  }
}

/// A score on the validation split that shows that the task is learned.
public struct ScoreGoal: Codable, Sendable, Hashable {
  /// What is measured.
  public enum Metric: String, Codable, Sendable, Hashable {
    /// `EvaluationReport.accuracy`.
    case accuracy
    /// `EvaluationReport.loss`.
    case loss
  }

  /// What is measured.
  public var metric: Metric
  /// True where the score has to be `value` or more, false where `value` or less.
  public var isAtLeast: Bool
  /// The score.
  public var value: Double
  /// Why, in one line.
  public var explanation: String

  /// Creates a goal; every field is stated.
  public init(metric: Metric, isAtLeast: Bool, value: Double, explanation: String) {
    self.metric = metric
    self.isAtLeast = isAtLeast
    self.value = value
    self.explanation = explanation
  }

  /// Whether an evaluation reaches it; never with a NaN.
  public func isReached(by evaluation: EvaluationReport) -> Bool {
    let found = metric == .accuracy ? evaluation.accuracy : evaluation.loss
    return isAtLeast ? found >= value : found <= value
  }

  enum CodingKeys: String, CodingKey {
    case metric
    case isAtLeast = "atLeast"
    case value, explanation
  }
}

/// One lane as it starts.
public struct LaneDescription: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// Its precision at the start.
  public var precision: Precision
  /// Its loss scaler at the start; nil where the lane scales nothing.
  public var scaler: ScalerDescription?
  /// Changes of its mode; nil in older files, where there are none.
  public var overrides: PrecisionOverrides?

  /// Creates a description of a lane.
  public init(
    lane: LaneID, precision: Precision, scaler: ScalerDescription?, overrides: PrecisionOverrides? = nil
  ) {
    self.lane = lane
    self.precision = precision
    self.scaler = scaler
    self.overrides = overrides
  }
}

/// The machine a session runs on.
public struct MachineDescription: Codable, Sendable, Hashable {
  /// Device kind: "cpu".
  public var device: String
  /// Name of the processor as the operating system gives it.
  public var processor: String
  /// Processors that this process may use.
  public var allowedProcessors: Int
  /// Instruction sets found that matter here, for example ["avx2", "f16c", "avx512f", "avx512_bf16"].
  public var instructionSets: [String]
  /// Bytes of main memory.
  public var memoryBytes: Int

  /// Creates a description of a machine.
  public init(
    device: String, processor: String, allowedProcessors: Int, instructionSets: [String], memoryBytes: Int
  ) {
    self.device = device
    self.processor = processor
    self.allowedProcessors = allowedProcessors
    self.instructionSets = instructionSets
    self.memoryBytes = memoryBytes
  }
}

/// How lanes share the device.
public enum Schedule: String, CaseIterable, Codable, Sendable, Hashable {
  /// One step at a time, in the order A B B A …, each with the whole device: the figure to quote.
  case alternating
  /// All lanes at once on disjoint processors: looks alive, but lanes contend for cache, bandwidth and clock.
  case concurrent
}
