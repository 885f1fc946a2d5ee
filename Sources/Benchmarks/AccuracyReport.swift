import RunStatistics
public import TrainingEvents

/// Whether AMP reaches the same result as fp32, as `bench --accuracy` measures it.
///
/// Every network is trained from several seeds, each seed in every mode with the same weights, batches and masks; the
/// differences to fp32 are paired by seed and judged by two one-sided t-tests (Schuirmann 1987).
public struct AccuracyReport: Codable, Sendable, Hashable {
  /// One network in one mode against its fp32 twins.
  public struct Row: Codable, Sendable, Hashable {
    /// The network with its size.
    public var network: String
    /// What is compared: "accuracy" in points, or "loss" in per cent of fp32's.
    public var measure: String
    /// The mode.
    public var precision: Precision
    /// Mean over the seeds of the baseline's measure.
    public var baseline: Double
    /// Mean over the seeds of this mode's measure.
    public var mean: Double
    /// Difference of every seed: points of accuracy, or per cent of the loss.
    public var differences: [Double]
    /// Mean difference.
    public var difference: Double
    /// 90 % interval of the mean difference; nil for fewer than two seeds.
    public var interval: [Double]?
    /// Margin of equivalence, in the unit of the differences.
    public var margin: Double
    /// Larger p of the two one-sided tests.
    public var pValue: Double?
    /// Whether both tests reject a difference beyond the margin at 5 %.
    public var isEquivalent: Bool
  }

  /// Version of this format.
  public var v = 1
  /// The machine.
  public var machine: MachineDescription
  /// Versions by component.
  public var versions: [String: String]
  /// Seeds of every network.
  public var seeds: [UInt64]
  /// One row a network and mode.
  public var rows: [Row]

  /// An empty report.
  public init(machine: MachineDescription, versions: [String: String], seeds: [UInt64]) {
    self.machine = machine
    self.versions = versions
    self.seeds = seeds
    rows = []
  }

  /// What two lanes are compared by, and how far apart they may be.
  public enum Measure: Sendable, Hashable {
    /// Accuracy within ±0.5 point.
    case accuracy
    /// Loss within ±0.5 % of fp32's: where accuracy is not what the network is for.
    case loss

    /// The margin of equivalence, in points or per cent.
    public var margin: Double { 0.5 }
  }

  /// Adds a network: one summary a seed.
  ///
  /// Throws `BenchmarkError` where a lane was not evaluated.
  public mutating func add(network: String, measure: Measure, summaries: [RunSummary]) throws {
    guard let first = summaries.first, let baseline = first.lanes.first(where: { $0.precision == .fp32 }) else {
      throw BenchmarkError.badSetting("\(network): the accuracy of AMP is measured against an fp32 lane; add one")
    }
    for lane in first.lanes where lane.lane != baseline.lane {
      var (base, values) = ([Double](), [Double]())
      for summary in summaries {
        guard let a = value(of: baseline.lane, summary, measure), let b = value(of: lane.lane, summary, measure) else {
          throw BenchmarkError.failed(name: network, reason: "a lane was not evaluated; its run ended early")
        }
        base.append(a)
        values.append(b)
      }
      let differences = zip(base, values).map { measure == .accuracy ? ($1 - $0) * 100 : ($1 / $0 - 1) * 100 }
      let test = EquivalenceTest(differences: differences, margin: measure.margin)
      rows.append(
        Row(
          network: network, measure: measure == .accuracy ? "accuracy" : "loss", precision: lane.precision,
          baseline: mean(base), mean: mean(values), differences: differences, difference: mean(differences),
          interval: test.map { [$0.low, $0.high] }, margin: measure.margin, pValue: test?.pValue,
          isEquivalent: test?.isEquivalent ?? false))
    }
  }

  private func value(of lane: LaneID, _ summary: RunSummary, _ measure: Measure) -> Double? {
    summary.lanes.first { $0.lane == lane }?.evaluation.map { measure == .accuracy ? $0.accuracy : $0.loss }
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
}
