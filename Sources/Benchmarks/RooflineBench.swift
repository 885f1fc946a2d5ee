public import BackendAPI
import GraphCompiler
import GraphIR
import RunStatistics
import Training
public import TrainingEvents

/// Measures steps between measurements of the roofs, on the calling thread's team.
///
/// Neighbours on a virtual machine move the roofs from second to second: they are measured before, between and after the
/// steps of a network, and the median counts.
public struct RooflineBench {
  /// Steps and roofs take turns this often.
  public var rounds = 5
  /// Timed steps of every mode in a round.
  public var stepsPerRound = 8
  /// Steps that are timed operation by operation, after the others; 0 for none.
  public var profiledSteps = 0
  /// Operations that are listed one by one, the costliest; 0 for none.
  public var listedOperations = 0
  /// Asked before each step; true gives the bench up.
  public var shouldStop: () -> Bool = { false }

  private let backend: any Backend
  private let peaks: [PeakMeasurement]
  private let bandwidth: BandwidthMeasurement

  /// Steps of every mode before the first timed one.
  private static let warmUp = 6
  /// Extent of the matrices whose product is the peak.
  private static let peakExtent = 1024

  /// Prepares the measurements of the roofs.
  ///
  /// - Parameters:
  ///   - formats: those in which the lanes multiply.
  ///   - streamBytes: arrays for the bandwidth, several times the last cache.
  ///
  /// Throws what the backend throws.
  public init(_ backend: any Backend, threads: Int, formats: [NumericFormat], streamBytes: Int) throws {
    self.backend = backend
    peaks = try formats.map {
      try PeakMeasurement($0, backend: backend, threads: threads, extent: RooflineBench.peakExtent)
    }
    bandwidth = try BandwidthMeasurement(byteCount: streamBytes, backend: backend, threads: threads)
  }

  /// Trains a network in every policy of a run, and adds what was measured to a report.
  ///
  /// Throws what `Trainer` throws, and `BenchmarkError` where the device has no roof or the bench was given up.
  public func measure(_ run: BenchmarkedRun, into report: inout RooflineReport) throws {
    var roofs = [try measureRoofs(run.name)]
    let trainers = try run.policies.map { try Trainer(run.configuration, policy: $0, backend: backend) }
    var lanes = AlternatingTrainers(trainers, shouldStop: shouldStop)
    try lanes.run(Self.warmUp, isTimed: false)
    for _ in 0..<rounds {
      // The roofs have emptied the caches.
      try lanes.run(1, isTimed: false)
      try lanes.run(stepsPerRound, isTimed: true)
      roofs.append(try measureRoofs(run.name))
    }
    guard let roofs = MachineRoofs(medianOf: roofs) else { throw BenchmarkError.badSetting("no roof was measured") }
    let rows = try trainers.indices.map { try row(lanes, $0, run, roofs) }
    report.add(rows, times: lanes.milliseconds)
    guard profiledSteps > 0 else { return }
    for trainer in trainers { try profile(trainer, run, roofs, into: &report) }
  }

  private func measureRoofs(_ name: String) throws -> MachineRoofs {
    var gigaflops: [NumericFormat.RawValue: Double] = [:]
    for peak in peaks {
      guard let rate = try peak.floatingPointOperationsPerSecond() else { throw missingRoof(name) }
      gigaflops[peak.format.rawValue] = rate * 1e-9
    }
    guard let rate = try bandwidth.bytesPerSecond() else { throw missingRoof(name) }
    return MachineRoofs(gigaflops: gigaflops, gigabytes: rate * 1e-9)
  }

  private func missingRoof(_ name: String) -> BenchmarkError {
    .failed(name: name, reason: "\(backend.name) computes nothing that could be timed")
  }

  private func row(
    _ lanes: AlternatingTrainers, _ index: Int, _ run: BenchmarkedRun, _ roofs: MachineRoofs
  ) throws -> RooflineReport.Row {
    let trainer = lanes.trainers[index]
    let work = StepWork(trainer.graph)
    guard let floor = StepFloor(work, under: roofs), let spread = Spread(lanes.milliseconds[index]) else {
      throw BenchmarkError.failed(name: run.name, reason: "it multiplies in a format whose peak was not measured")
    }
    let precision = trainer.precision
    return RooflineReport.Row(
      network: run.name, precision: precision, isNative: backend.support(for: precision).isNative,
      batch: run.configuration.samplesPerStep, work: work, roofs: roofs, floor: floor, milliseconds: spread,
      skipped: lanes.skipped[index])
  }

  // MARK: Operation by operation

  private func profile(
    _ trainer: Trainer, _ run: BenchmarkedRun, _ roofs: MachineRoofs, into report: inout RooflineReport
  ) throws {
    var (steps, totals): ([[Int64]], [Double]) = ([], [])
    for number in 0...profiledSteps {
      if shouldStop() { throw BenchmarkError.givenUp }
      let result = try trainer.step(timingNodes: true)
      // The other lanes have had the caches until now.
      guard number > 0 else { continue }
      steps.append(result.outcome.nodeNanoseconds)
      totals.append(result.totalMilliseconds)
    }
    let profile = StepProfile(
      network: run.name, precision: trainer.precision, graph: trainer.graph,
      kernels: trainer.implementations, roofs: roofs, steps: steps, totals: totals)
    report.kinds += profile.kinds
    report.operations += profile.operations(listedOperations)
  }
}
