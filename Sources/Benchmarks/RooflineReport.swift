public import GraphIR
public import RunStatistics
public import TrainingEvents

/// How near training comes to what the machine can do, as `bench --roofline` measures it.
public struct RooflineReport: Codable, Sendable {
  /// What is asked of the engine.
  public enum Goal {
    /// Share of a floor from which on GEMM and convolution say how long a step takes.
    public static let gemmBound = 0.9
    /// Share of the floor that an fp32 step reaches where it is GEMM-bound.
    public static let fp32 = 0.8
    /// Share of the floor that a step in native bf16 reaches where it is GEMM-bound.
    public static let bf16 = 0.7
    /// The least speedup over fp32, as a share of the ratio of the two floors.
    public static let speedup = 0.9
  }

  /// One network in one mode.
  public struct Row: Codable, Sendable {
    /// The network with its size.
    public var network: String
    /// The mode.
    public var precision: Precision
    /// Whether its products are computed in its format.
    public var isNative: Bool
    /// Samples of one step.
    public var batch: Int
    /// What a step computes and moves.
    public var work: StepWork
    /// The roofs, measured around and between the steps: medians.
    public var roofs: MachineRoofs
    /// The least time of a step.
    public var floor: StepFloor
    /// Measured milliseconds of a step, waiting for its batch included.
    public var milliseconds: Spread
    /// Steps among them that committed nothing.
    public var skipped: Int

    /// States a row.
    public init(
      network: String, precision: Precision, isNative: Bool, batch: Int, work: StepWork, roofs: MachineRoofs,
      floor: StepFloor, milliseconds: Spread, skipped: Int
    ) {
      self.network = network
      self.precision = precision
      self.isNative = isNative
      self.batch = batch
      self.work = work
      self.roofs = roofs
      self.floor = floor
      self.milliseconds = milliseconds
      self.skipped = skipped
    }

    /// Share of the measured time that the floor is.
    public var achieved: Double { floor.milliseconds / milliseconds.median }
    /// Whether GEMM and convolution fill the floor.
    public var isGEMMBound: Bool { floor.arithmeticShare >= Goal.gemmBound }
    /// What is asked of `achieved`; nil where the step is not GEMM-bound, or its format is storage-only.
    public var goal: Double? {
      guard isGEMMBound, isNative else { return nil }
      return precision == .fp32 ? Goal.fp32 : Goal.bf16
    }
    /// Whether the goal is met; nil where there is none.
    public var meetsGoal: Bool? { goal.map { achieved >= $0 } }
  }

  /// A mode's speedup over fp32 beside what the floors promise.
  public struct Speedup: Codable, Sendable {
    /// The network with its size.
    public var network: String
    /// The mode.
    public var precision: Precision
    /// Measured: geometric mean over pairs of neighbouring steps.
    public var measured: Double
    /// The floor of fp32 over that of the mode.
    public var floors: Double
    /// Whether its products are computed in its format: a goal is only for those.
    public var isNative: Bool

    /// Share of what the floors promise.
    public var share: Double { measured / floors }
    /// Whether the goal is met; nil where the format is storage-only.
    public var meetsGoal: Bool? { isNative ? share >= Goal.speedup : nil }
  }

  /// Where the time of a step goes: operations of one kind in one phase.
  public struct Kind: Codable, Sendable {
    /// The network with its size.
    public var network: String
    /// The mode.
    public var precision: Precision
    /// The kind; nil for what is spent outside operations, such as copying the batch in.
    public var kind: OperationKind?
    /// "forward", "backward" or "optimizer"; empty outside operations.
    public var phase: String
    /// Operations.
    public var count: Int
    /// Median milliseconds of a step.
    public var milliseconds: Double
    /// Share of the step.
    public var share: Double
    /// Floating-point operations of a step, in 1e9.
    public var gigaflops: Double
    /// Bytes of all their operands and results.
    public var bytes: Int
    /// The least time of these operations one by one, each with all its operands from memory: they add up to more than
    /// the floor of the step, in which one operation hands over to the next.
    public var floor: StepFloor

    /// Share of the measured time that the floor is.
    public var achieved: Double { milliseconds > 0 ? floor.milliseconds / milliseconds : 0 }
  }

  /// One operation of a step.
  public struct Operation: Codable, Sendable {
    /// The network with its size.
    public var network: String
    /// The mode.
    public var precision: Precision
    /// Number of the node in `inspect`'s schedule.
    public var node: Int
    /// Which layer asked for it.
    public var layer: String
    /// What it is.
    public var operation: String
    /// Formats and extents of operands and first result.
    public var types: String
    /// What computes it.
    public var kernel: String
    /// Median milliseconds of a step.
    public var milliseconds: Double
    /// Floating-point operations of a step, in 1e9.
    public var gigaflops: Double
    /// Its least time, with all its operands from memory.
    public var floor: StepFloor
  }

  /// Version of this format.
  public var v = 1
  /// The machine.
  public var machine: MachineDescription
  /// Versions by component.
  public var versions: [String: String]
  /// Compute threads.
  public var threads: Int
  /// Bytes of the arrays that bandwidth is measured over.
  public var streamBytes: Int
  /// One row a network and mode.
  public var rows: [Row] = []
  /// One entry a network and mode other than fp32.
  public var speedups: [Speedup] = []
  /// Where the time goes, costliest first; empty unless asked for.
  public var kinds: [Kind] = []
  /// The costliest operations; empty unless asked for.
  public var operations: [Operation] = []

  /// An empty report.
  public init(machine: MachineDescription, versions: [String: String], threads: Int, streamBytes: Int) {
    self.machine = machine
    self.versions = versions
    self.threads = threads
    self.streamBytes = streamBytes
  }

  /// Adds a network's rows, the fp32 one among them where speedups are wanted, and pairs of their step times.
  ///
  /// `times` are milliseconds by row, in the order of the attempts; equal places are pairs.
  public mutating func add(_ rows: [Row], times: [[Double]]) {
    self.rows += rows
    guard let base = rows.firstIndex(where: { $0.precision == .fp32 }) else { return }
    for (index, row) in rows.enumerated() where index != base {
      guard let mean = GeometricMean(zip(times[base], times[index]).map { $0 / $1 }) else { continue }
      speedups.append(
        Speedup(
          network: row.network, precision: row.precision, measured: mean.ratio,
          floors: rows[base].floor.milliseconds / row.floor.milliseconds, isNative: row.isNative))
    }
  }
}
