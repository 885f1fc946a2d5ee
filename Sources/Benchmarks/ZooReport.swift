import RunStatistics
import Training
public import TrainingEvents

/// Every network in every mode, as `bench --zoo` measures it.
public struct ZooReport: Codable, Sendable, Hashable {
  /// One network in one mode.
  public struct Row: Codable, Sendable, Hashable {
    /// The network with its size, for example "resnet-8".
    public var network: String
    /// Name of its kind, for example "resnet".
    public var model: String
    /// Data set.
    public var data: String
    /// Trainable parameters.
    public var parameters: Int
    /// Samples of one step.
    public var batch: Int
    /// The mode.
    public var precision: Precision
    /// Whether its products are computed in its format.
    public var isNative: Bool
    /// Median step time in milliseconds; nil where too few steps were timed.
    public var medianStepMilliseconds: Double?
    /// 95th percentile of the step time in milliseconds.
    public var p95StepMilliseconds: Double?
    /// Committed samples per second.
    public var samplesPerSecond: Double?
    /// Speedup over the baseline, with its interval; nil for the baseline itself.
    public var speedup: SpeedupEstimate?
    /// Skipped attempts.
    public var skipped: Int
    /// Planned bytes by owner.
    public var memory: MemoryBreakdown?
    /// Bytes of activations that the formats of the operations imply (`Graph.impliedActivationBytes`).
    public var impliedActivations: Int?
    /// Most bytes of activations in use at one time, which need not be that of the peak.
    public var mostActivations: Int?
    /// Bytes that the memory plan saved: all buffers of a step, each with a place of its own, less the arena.
    public var savedBytes: Int?
    /// Loss on the validation split after these few steps.
    public var loss: Double?
    /// Score on the validation split after these few steps.
    public var score: Double?
    /// How the lane ended.
    public var state: LaneState
    /// Share of the step time that conversions between formats took: the cast tax.
    public var castShare: Double?
  }

  /// Geometric mean of a mode's speedups over the networks.
  public struct Mean: Codable, Sendable, Hashable {
    /// The mode.
    public var precision: Precision
    /// The mean.
    public var ratio: Double
    /// Lower end of its 95 % interval over networks; nil for a single one.
    public var low: Double?
    /// Upper end.
    public var high: Double?
    /// Number of networks.
    public var networks: Int
  }

  /// Version of this format.
  public var v = 1
  /// The machine.
  public var machine: MachineDescription
  /// Versions by component.
  public var versions: [String: String]
  /// Attempts of every lane.
  public var steps: Int
  /// Compute threads of every lane.
  public var threads: Int
  /// One row a network and mode.
  public var rows: [Row]
  /// One entry a mode but the baseline's.
  public var means: [Mean]

  /// An empty report.
  public init(machine: MachineDescription, versions: [String: String], steps: Int, threads: Int) {
    self.machine = machine
    self.versions = versions
    self.steps = steps
    self.threads = threads
    rows = []
    means = []
  }

  /// Adds the lanes of a finished run.
  ///
  /// The baseline of a network counts once: where it ran again beside other modes, its first row stays.
  public mutating func add(_ run: BenchmarkedRun, parameters: Int, summary: RunSummary, native: Set<Precision>) {
    let isKnown = rows.contains { $0.network == run.name && $0.precision == .fp32 }
    for lane in summary.lanes where lane.precision != .fp32 || !isKnown {
      rows.append(
        Row(
          network: run.name, model: run.configuration.model.name, data: run.data.name, parameters: parameters,
          batch: run.configuration.samplesPerStep,
          precision: lane.precision, isNative: native.contains(lane.precision),
          medianStepMilliseconds: lane.medianStepMilliseconds, p95StepMilliseconds: lane.p95StepMilliseconds,
          samplesPerSecond: lane.samplesPerSecond,
          speedup: summary.speedup.first { $0.lane == lane.lane && $0.schedule == .alternating },
          skipped: lane.skipped, memory: lane.memory?.bytes, impliedActivations: lane.memory?.impliedActivations,
          mostActivations: lane.memory?.mostActivations, savedBytes: lane.memory.map { $0.unshared - $0.peak },
          loss: lane.evaluation?.loss,
          score: lane.evaluation?.accuracy, state: lane.state, castShare: lane.castShare))
    }
    means = Precision.allCases.compactMap { precision in
      let ratios = rows.compactMap { $0.precision == precision ? $0.speedup?.ratio : nil }
      return GeometricMean(ratios).map {
        Mean(precision: precision, ratio: $0.ratio, low: $0.low, high: $0.high, networks: $0.count)
      }
    }
  }
}
