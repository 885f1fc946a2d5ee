public import BackendAPI
import Datasets
import GraphCompiler
import GraphIR
import RunStatistics
public import Training
public import TrainingEvents

/// Measures how step times grow with a network, and how long compiling takes, on the calling thread's team.
public struct ScalingBench {
  /// Timed steps of every size.
  public var steps = 30
  /// Asked before each step; true gives the bench up.
  public var shouldStop: () -> Bool = { false }

  private let backend: any Backend

  /// Steps of every size before the first timed one.
  private static let warmUp = 5
  /// Times that one thread and two take turns at the memory.
  private static let bandwidthRounds = 7

  /// Measures on a device.
  public init(_ backend: any Backend) { self.backend = backend }

  /// Trains a network at several sizes, one step at a time in turns, and adds what a GFLOP takes at each.
  ///
  /// Throws what `Trainer` throws, and `BenchmarkError`.
  public func measureAxis(
    _ dimension: String, of network: String, sizes: [(name: String, configuration: Trainer.Configuration)],
    policy: PrecisionPolicy, into report: inout ScalingReport
  ) throws {
    let trainers = try sizes.map { try Trainer($0.configuration, policy: policy, backend: backend) }
    var lanes = AlternatingTrainers(trainers, shouldStop: shouldStop)
    try lanes.run(Self.warmUp, isTimed: false)
    try lanes.run(steps, isTimed: true)
    report.axes.append(
      ScalingReport.Axis(
        network: network, precision: policy.mode, dimension: dimension,
        points: sizes.indices.map { index in
          ScalingReport.Point(
            size: sizes[index].name, gigaflops: StepWork(trainers[index].graph).totalGigaflops,
            milliseconds: median(lanes.milliseconds[index]))
        }))
  }

  /// Trains a network that keeps all activations and one that recomputes what saves most memory, in turns, and adds both.
  ///
  /// Throws what `Trainer` throws, and `BenchmarkError`.
  public func measureRecomputation(
    of network: String, _ configuration: Trainer.Configuration, policy: PrecisionPolicy,
    into report: inout ScalingReport
  ) throws {
    var saving = configuration
    saving.recompute = .automatic
    let trainers = try [configuration, saving].map { try Trainer($0, policy: policy, backend: backend) }
    var lanes = AlternatingTrainers(trainers, shouldStop: shouldStop)
    try lanes.run(Self.warmUp, isTimed: false)
    try lanes.run(steps, isTimed: true)
    report.recomputations.append(
      ScalingReport.Recomputation(
        network: network, precision: policy.mode, keptBytes: trainers[0].memory.peak,
        recomputedBytes: trainers[1].memory.peak, keptMilliseconds: median(lanes.milliseconds[0]),
        recomputedMilliseconds: median(lanes.milliseconds[1])))
  }

  /// Streams memory on one thread and on two of the calling thread's team, in turns, and adds the medians.
  ///
  /// - Parameter streamBytes: arrays together, several times the last cache.
  ///
  /// Throws what the backend throws, and `BenchmarkError` where it computes nothing that could be timed.
  public func measureSharedBandwidth(streamBytes: Int, into report: inout ScalingReport) throws {
    let measurements = try [1, 2].map {
      try BandwidthMeasurement(byteCount: streamBytes, backend: backend, threads: $0)
    }
    var rates: [[Double]] = [[], []]
    for _ in 0..<Self.bandwidthRounds {
      for (index, measurement) in measurements.enumerated() {
        if shouldStop() { throw BenchmarkError.givenUp }
        guard let rate = try measurement.bytesPerSecond() else {
          throw BenchmarkError.failed(name: "memory", reason: "\(backend.name) computes nothing that could be timed")
        }
        rates[index].append(rate * 1e-9)
      }
    }
    report.sharedBandwidth = ScalingReport.SharedBandwidth(
      alone: median(rates[0]), together: median(rates[1]), streamBytes: measurements[0].byteCount)
  }

  /// Compiles a network, and adds how long that took.
  ///
  /// Throws what `Trainer.compile` throws.
  public func measureCompilation(
    of network: String, _ configuration: Trainer.Configuration, policy: PrecisionPolicy,
    into report: inout ScalingReport
  ) throws {
    let clock = ContinuousClock()
    var operations = 0
    let whole = try clock.measure {
      operations = try Trainer.compile(configuration, policy: policy, backend: backend).executable.graph.nodes.count
    }
    let passes = try clock.measure {
      _ = try PrecisionPlan(
        model: configuration.model, batchSize: configuration.batches.batchSize,
        optimizer: configuration.optimizer.kind, policy: policy)
    }
    report.compilations.append(
      ScalingReport.Compilation(
        network: network, precision: policy.mode, operations: operations, passes: passes.milliseconds,
        milliseconds: whole.milliseconds))
  }
}

extension Duration {
  /// In milliseconds.
  fileprivate var milliseconds: Double { self / .milliseconds(1) }
}
