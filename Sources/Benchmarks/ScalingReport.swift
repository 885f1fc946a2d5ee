public import RunStatistics
public import TrainingEvents

/// How the engine scales, compiles, switches and shares, as `bench --scaling` measures it.
public struct ScalingReport: Codable, Sendable {
  /// What is asked of the engine.
  public enum Goal {
    /// Milliseconds to compile the largest network: passes, plan and kernels.
    public static let compileMilliseconds = 2000.0
    /// Milliseconds that a lane stands still while it takes a precision whose executable is at hand.
    public static let switchMilliseconds = 100.0
    /// Share of what the same processors give to lanes that run alone.
    public static let sharing = 0.95
    /// The most that an event and a frame may take over what they take after `recordedFrom` steps.
    public static let recorded = 1.5
    /// Steps from which on more of them are to cost no more.
    public static let recordedFrom = 10_000
  }

  /// One network at growing size.
  public struct Axis: Codable, Sendable {
    /// The network.
    public var network: String
    /// The mode.
    public var precision: Precision
    /// What grows: "batch", "width", "depth".
    public var dimension: String
    /// The sizes, from the smallest on.
    public var points: [Point]

    /// States an axis.
    public init(network: String, precision: Precision, dimension: String, points: [Point]) {
      self.network = network
      self.precision = precision
      self.dimension = dimension
      self.points = points
    }

    /// Milliseconds for each GFLOP at a size over those at the smallest: 1 is linear, below 1 is better.
    public func ratio(_ index: Int) -> Double { points[index].unit / points[0].unit }
  }

  /// A network at one size.
  public struct Point: Codable, Sendable {
    /// The size, for people.
    public var size: String
    /// GEMM and convolution of a step, in 1e9 floating-point operations: the work.
    public var gigaflops: Double
    /// Median milliseconds of a step.
    public var milliseconds: Double

    /// States a point.
    public init(size: String, gigaflops: Double, milliseconds: Double) {
      self.size = size
      self.gigaflops = gigaflops
      self.milliseconds = milliseconds
    }

    /// Milliseconds a GFLOP.
    public var unit: Double { milliseconds / gigaflops }
  }

  /// What it takes to compile a network.
  public struct Compilation: Codable, Sendable {
    /// The network.
    public var network: String
    /// The mode.
    public var precision: Precision
    /// Operations of the step.
    public var operations: Int
    /// Milliseconds of building the graph and all passes.
    public var passes: Double
    /// Milliseconds in all, the first time in this process: passes, kernels, memory plan, binding.
    public var milliseconds: Double

    /// Whether the goal is met.
    public var meetsGoal: Bool { milliseconds < Goal.compileMilliseconds }
  }

  /// What it costs to compute activations again instead of keeping them, and what it saves.
  public struct Recomputation: Codable, Sendable {
    /// The network.
    public var network: String
    /// The mode.
    public var precision: Precision
    /// Planned bytes at the peak of a step that keeps everything.
    public var keptBytes: Int
    /// Planned bytes at the peak of a step that recomputes what saves most.
    public var recomputedBytes: Int
    /// Median milliseconds of a step that keeps everything.
    public var keptMilliseconds: Double
    /// Median milliseconds of a step that recomputes.
    public var recomputedMilliseconds: Double

    /// States a comparison.
    public init(
      network: String, precision: Precision, keptBytes: Int, recomputedBytes: Int, keptMilliseconds: Double,
      recomputedMilliseconds: Double
    ) {
      self.network = network
      self.precision = precision
      self.keptBytes = keptBytes
      self.recomputedBytes = recomputedBytes
      self.keptMilliseconds = keptMilliseconds
      self.recomputedMilliseconds = recomputedMilliseconds
    }
  }

  /// Changes of precision of one lane while another trains beside it.
  public struct Switching: Codable, Sendable {
    /// The network.
    public var network: String
    /// The two modes.
    public var precisions: [Precision]
    /// Milliseconds of compiling the second one, beside the training.
    public var compileMilliseconds: Double
    /// Milliseconds between the last step in a mode and the first in the other, of switches to executables at hand.
    public var pauses: Spread
    /// Milliseconds from the command to the report that the lane has changed: the rest of a step, and the pause.
    public var latencies: Spread
    /// Milliseconds of the other lane's steps that met a switch.
    public var neighbourDuring: Spread
    /// Milliseconds of the other lane's steps that met none.
    public var neighbourElse: Spread
    /// Milliseconds of the other lane's steps beside the compilation; nil where none was as short as that.
    public var neighbourCompiling: Spread?

    /// Whether the goal is met.
    public var meetsGoal: Bool { pauses.largest < Goal.switchMilliseconds }
  }

  /// Two lanes at once, one thread each, beside what their processors give alone.
  public struct Sharing: Codable, Sendable {
    /// The network.
    public var network: String
    /// The mode of both lanes.
    public var precision: Precision
    /// Samples a second of one lane of one thread, alone.
    public var alone: Double
    /// Samples a second of two such lanes at once, together.
    public var together: Double
    /// Samples a second of one lane of two threads, alone.
    public var twoThreads: Double
    /// Two lanes over twice one alone; median of the rounds.
    public var share: Double
    /// Two lanes over one of two threads; median of the rounds.
    public var shareOfTwoThreads: Double

    /// Whether the goal is met.
    public var meetsGoal: Bool { share >= Goal.sharing }
  }

  /// What memory gives one processor alone, and two at once: lanes that wait for it share it.
  public struct SharedBandwidth: Codable, Sendable {
    /// Gigabytes a second of a team of one thread.
    public var alone: Double
    /// Gigabytes a second of a team of two threads, together.
    public var together: Double
    /// Bytes of the arrays that were streamed.
    public var streamBytes: Int

    /// Two over twice one.
    public var share: Double { together / (2 * alone) }
  }

  /// Version of this format.
  public var v = 1
  /// The machine.
  public var machine: MachineDescription
  /// Versions by component.
  public var versions: [String: String]
  /// Compute threads where one lane runs.
  public var threads: Int
  /// Networks at growing size.
  public var axes: [Axis] = []
  /// Compilations of the largest networks.
  public var compilations: [Compilation] = []
  /// Activations kept or recomputed.
  public var recomputations: [Recomputation] = []
  /// Changes of precision.
  public var switchings: [Switching] = []
  /// Lanes at once; empty with one processor.
  public var sharings: [Sharing] = []
  /// Memory under lanes at once; nil where it was not measured.
  public var sharedBandwidth: SharedBandwidth?
  /// A dashboard with more and more steps behind it.
  public var recordings: [Recording] = []

  /// An empty report.
  public init(machine: MachineDescription, versions: [String: String], threads: Int) {
    self.machine = machine
    self.versions = versions
    self.threads = threads
  }
}
