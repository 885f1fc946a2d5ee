import RunStatistics
public import TrainingEvents

/// This engine beside PyTorch, as `bench --against pytorch` measures it.
///
/// Times are those of training steps that start from the same weights and take the same batches in turn, on the same
/// processors with as many threads, one program at a time. Ratios above 1 say that PyTorch takes longer, or more memory.
public struct AgainstReport: Codable, Sendable, Hashable {
  /// One network in one mode.
  public struct Row: Codable, Sendable, Hashable {
    /// The network with its size, for example "resnet-8".
    public var network: String
    /// The mode.
    public var precision: Precision
    /// Samples of one step.
    public var batch: Int
    /// This engine.
    public var ours = Side(losses: [])
    /// PyTorch as it runs without being compiled; nil where it did not run.
    public var eager: Side?
    /// PyTorch under torch.compile; nil where it did not run.
    public var compiled: Side?
    /// Our step time over that of our fp32 in the same rounds; nil for fp32 itself, and where that was not measured.
    public var overFP32: Ratio?
    /// Largest share of a processor that the waiting process used in a segment of the other; nil where it was not measured.
    public var idleShare: Double?
    /// Share of the processors that programs of others had while this network was measured; nil where it is unknown.
    public var foreignShare: Double?
    /// Our planned bytes by owner.
    public var memory: MemoryBreakdown?
    /// Bytes of our activations that the formats of the operations imply (`Graph.impliedActivationBytes`).
    public var impliedActivations: Int?
    /// Most bytes of our activations in use at one time.
    public var mostActivations: Int?
    /// Why there is nothing to compare; nil where there is.
    public var error: String?
    /// What a reader of the figures should know.
    public var notes: [String] = []

    /// Creates a row without figures.
    public init(network: String, precision: Precision, batch: Int, error: String? = nil) {
      self.network = network
      self.precision = precision
      self.batch = batch
      self.error = error
    }

    /// The faster of PyTorch's two, over ours.
    public var best: Ratio? {
      [eager?.ratio, compiled?.ratio].compactMap { $0 }.min { $0.ratio < $1.ratio }
    }

    /// The smaller of PyTorch's two peaks of memory over ours.
    public var memoryRatio: Double? {
      guard let own = ours.memory, own > 0 else { return nil }
      return [eager?.memory, compiled?.memory].compactMap { $0 }.min().map { Double($0) / Double(own) }
    }
  }

  /// A program that trained the network.
  public struct Side: Codable, Sendable, Hashable {
    /// Loss of the first steps, from the same weights on the same batches on every side.
    public var losses: [Double]
    /// Median step time in milliseconds of every round, in their order.
    public var rounds: [Double] = []
    /// Steps timed in a round.
    public var steps = 0
    /// Bytes at the peak of a step, with parameters and optimizer state.
    public var memory: Int?
    /// Its step time over ours; nil for ourselves.
    public var ratio: Ratio?

    /// Median over the rounds of their median step times, in milliseconds; nil without a round.
    public var milliseconds: Double? { MedianInterval(rounds)?.median }
  }

  /// A geometric mean of ratios with its 95 % interval (`GeometricMean`).
  public struct Ratio: Codable, Sendable, Hashable {
    /// The mean.
    public var ratio: Double
    /// Lower end of the interval; nil for a single ratio.
    public var low: Double?
    /// Upper end.
    public var high: Double?

    /// The mean of ratios; nil where there is none, or one is not finite and above 0.
    public init?(_ ratios: [Double]) {
      guard let mean = GeometricMean(ratios) else { return nil }
      (ratio, low, high) = (mean.ratio, mean.low, mean.high)
    }

    /// Mean of the quotients of two series that were measured round by round.
    init?(_ numerators: [Double], over denominators: [Double]) {
      guard numerators.count == denominators.count else { return nil }
      self.init(zip(numerators, denominators).map { $0 / $1 })
    }
  }

  /// A mode over all networks.
  public struct Mean: Codable, Sendable, Hashable {
    /// The mode.
    public var precision: Precision
    /// Number of networks that PyTorch ran too.
    public var networks: Int
    /// The faster of PyTorch's two over ours, network by network; the interval is over networks.
    public var best: Ratio?
    /// Eager PyTorch over ours.
    public var eager: Ratio?
    /// Compiled PyTorch over ours.
    public var compiled: Ratio?
    /// The network with the smallest ratio.
    public var lowest: String?
    /// Its ratio.
    public var lowestRatio: Double?
    /// Our step time over that of our fp32.
    public var overFP32: Ratio?
  }

  /// Version of this format.
  public var v = 1
  /// The machine.
  public var machine: MachineDescription
  /// Versions by component, PyTorch's among them.
  public var versions: [String: String]
  /// Compute threads of each side.
  public var threads: Int
  /// Numbers of the processors that both sides were bound to.
  public var processors: [Int]
  /// Rounds of every network.
  public var rounds: Int
  /// One row a network and mode.
  public private(set) var rows: [Row] = []
  /// One entry a mode.
  public private(set) var means: [Mean] = []

  /// An empty report.
  public init(
    machine: MachineDescription, versions: [String: String], threads: Int, processors: [Int], rounds: Int
  ) {
    self.machine = machine
    self.versions = versions
    self.threads = threads
    self.processors = processors
    self.rounds = rounds
  }

  /// Adds the rows of a network, one a mode.
  public mutating func add(_ measured: [Row]) {
    rows += measured
    means = Precision.allCases.compactMap { precision in
      let rows = rows.filter { $0.precision == precision && $0.error == nil }
      guard !rows.isEmpty else { return nil }
      let lowest = rows.compactMap { row in row.best.map { (row.network, $0.ratio) } }.min { $0.1 < $1.1 }
      return Mean(
        precision: precision, networks: rows.count { $0.best != nil }, best: Ratio(rows.compactMap { $0.best?.ratio }),
        eager: Ratio(rows.compactMap { $0.eager?.ratio?.ratio }),
        compiled: Ratio(rows.compactMap { $0.compiled?.ratio?.ratio }), lowest: lowest?.0, lowestRatio: lowest?.1,
        overFP32: Ratio(rows.compactMap { $0.overFP32?.ratio }))
    }
  }

  /// Whether a row has nothing to compare.
  public var hasErrors: Bool { rows.contains { $0.error != nil } }
}

extension AgainstReport {
  /// What the engine is built to reach.
  public enum Goal {
    /// PyTorch's step time over ours, the geometric mean over networks; nil where a mode has no such goal.
    public static func ratio(of precision: Precision) -> Double? {
      switch precision {
      case .fp32: 1.25
      case .ampBF16: 1.35
      default: nil
      }
    }

    /// The smallest ratio of a network.
    public static let lowest = 1.1

    /// Our step time over that of our fp32 where a format is storage only: at most this.
    public static func overFP32(of precision: Precision) -> Double? { precision == .ampFP16 ? 1.2 : nil }
  }
}
