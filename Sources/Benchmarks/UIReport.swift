import Glibc
public import RunStatistics
public import TrainingEvents

/// What the dashboard costs and how quick it is, against its budget.
public struct UIReport: Codable, Sendable {
  /// What is asked of the dashboard.
  public enum Budget {
    /// Share of a core for a screen that changes slowly, at ten frames a second.
    public static let slowShare = 0.01
    /// Share of a core for a screen on which everything moves.
    public static let movingShare = 0.05
    /// Bytes a second to the terminal for a screen that changes slowly.
    public static let bytesPerSecond = 20_000.0
    /// Milliseconds from a key to the changed frame, in 95 of 100 cases.
    public static let keyMilliseconds = 50.0
    /// Milliseconds from the start of the program to its first frame.
    public static let firstFrameMilliseconds = 50.0
    /// Share of their throughput that lanes may lose beyond the processor time that the UI thread takes from them.
    public static let lossBeyondShare = 0.01
  }

  /// Frames that the dashboard draws in a second.
  public static let framesPerSecond = 10.0

  /// Frames of one kind at one size and colour depth.
  public struct Frames: Codable, Sendable {
    /// Whether everything moves from one frame to the next, or little.
    public var moves: Bool
    /// Columns of the terminal.
    public var columns: Int
    /// Rows of the terminal.
    public var rows: Int
    /// Colours, for example "trueColor".
    public var colors: String
    /// Processor time of the UI thread for a frame, in milliseconds: events, rendering, drawing.
    public var milliseconds: Spread
    /// Bytes written to the terminal for a frame.
    public var bytes: Spread

    /// Creates a row; every field is stated.
    public init(moves: Bool, columns: Int, rows: Int, colors: String, milliseconds: Spread, bytes: Spread) {
      self.moves = moves
      self.columns = columns
      self.rows = rows
      self.colors = colors
      self.milliseconds = milliseconds
      self.bytes = bytes
    }

    /// Share of one core at ten frames a second.
    public var share: Double { milliseconds.median / 1000 * UIReport.framesPerSecond }
    /// Bytes a second at ten frames a second.
    public var bytesPerSecond: Double { bytes.median * UIReport.framesPerSecond }
    /// Whether the row is within the budget of its kind.
    public var isWithinBudget: Bool {
      moves ? share <= Budget.movingShare : share <= Budget.slowShare && bytesPerSecond <= Budget.bytesPerSecond
    }
  }

  /// A lane's throughput with the dashboard and without, in segments of one run that take turns.
  public struct Throughput: Codable, Sendable {
    /// The schedule of the run.
    public var schedule: Schedule
    /// The lane's precision.
    public var precision: Precision
    /// Median over segments without the dashboard, in samples a second of the lane's own step time.
    public var without: Double
    /// The same with the dashboard.
    public var with: Double
    /// Median over pairs of neighbouring segments, with the dashboard over without.
    public var ratio: Double
    /// Lower end of its 95 % interval; nil below 30 pairs.
    public var low: Double?
    /// Upper end.
    public var high: Double?
    /// Number of pairs.
    public var pairs: Int
    /// Processor time of the UI thread over that of the lanes, while the dashboard was there.
    public var uiShare: Double

    /// Largest share of its throughput that the lane may lose.
    public var budget: Double { uiShare + Budget.lossBeyondShare }

    /// What the interval says about the budget.
    public var verdict: Verdict {
      guard let low, let high else { return .tooNoisy }
      return low >= 1 - budget ? .pass : high < 1 - budget ? .fail : .tooNoisy
    }
  }

  /// Whether a budget is kept.
  public enum Verdict: String, Codable, Sendable {
    case pass, fail
    /// The interval holds the limit.
    case tooNoisy = "too noisy"
  }

  /// Version of this format.
  public var v = 2
  /// The machine.
  public var machine: MachineDescription
  /// Versions by component.
  public var versions: [String: String]
  /// Frames on scripted screens.
  public var frames: [Frames] = []
  /// Milliseconds from a key written into the terminal to the changed frame, while all processors train.
  public var keys: Spread?
  /// Milliseconds from starting the program to its first frame.
  public var firstFrame: Spread?
  /// Throughput of lanes.
  public var throughput: [Throughput] = []
  /// Share of a core that the UI thread took in those runs, by schedule.
  public var shares: [Schedule.RawValue: Double] = [:]

  /// An empty report.
  public init(machine: MachineDescription, versions: [String: String]) {
    self.machine = machine
    self.versions = versions
  }

  /// Adds a lane whose segments were measured in turns; nothing where no pair has a rate in both.
  ///
  /// `segments` are samples a second of each segment, nil where no step fell into it whole, in the order of
  /// `hasDashboard(segment:)`. The median, because what neighbours on the machine do falls on few pairs and is large.
  public mutating func add(schedule: Schedule, precision: Precision, segments: [Double?], uiShare: Double) {
    let pairs = UIReport.pairs(of: segments)
    guard let ratio = UIReport.ratio(of: segments), let without = Spread(pairs.map(\.without)),
      let with = Spread(pairs.map(\.with))
    else { return }
    throughput.append(
      Throughput(
        schedule: schedule, precision: precision, without: without.median, with: with.median, ratio: exp(ratio.median),
        low: ratio.low.map { exp($0) }, high: ratio.high.map { exp($0) }, pairs: ratio.count, uiShare: uiShare))
  }

  /// Half of the 95 % interval of the ratio that segments give so far, as a share of it; nil below 30 pairs.
  public static func halfWidth(of segments: [Double?]) -> Double? {
    ratio(of: segments).flatMap { ratio in ratio.low.flatMap { low in ratio.high.map { ($0 - low) / 2 } } }
  }

  /// The median logarithm of the ratio over pairs.
  private static func ratio(of segments: [Double?]) -> MedianInterval? {
    MedianInterval(pairs(of: segments).map { log($0.with / $0.without) })
  }

  /// Neighbouring segments, one with the dashboard and one without, that both have a rate.
  private static func pairs(of segments: [Double?]) -> [(without: Double, with: Double)] {
    stride(from: 0, to: segments.count - 1, by: 2).compactMap { first in
      guard let a = segments[first], let b = segments[first + 1], a > 0, b > 0 else { return nil }
      return hasDashboard(segment: first) ? (b, a) : (a, b)
    }
  }

  /// Whether a segment is drawn: without, with, with, without and so on, so that a drift of the machine cancels.
  public static func hasDashboard(segment: Int) -> Bool { (segment + 1) / 2 % 2 == 1 }
}
