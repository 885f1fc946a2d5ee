public import BackendAPI
import Datasets
import RunStatistics
import Training
public import TrainingEvents

/// Measures lanes of whole sessions: switches of precision, and two lanes at once.
public struct SessionBench {
  /// Switches between executables at hand.
  public var switches = 12
  /// Steps of a lane between two switches.
  public var stepsBetween = 6
  /// Times that lanes alone and at once take turns.
  public var rounds = 3
  /// Steps of every lane in a round.
  public var stepsPerRound = 50
  /// Asked all the time; true gives the bench up.
  public var shouldStop: () -> Bool = { false }

  private let backend: any Backend
  private let machine: MachineDescription

  /// Steps of a lane that count for nothing.
  private static let warmUp = 10

  /// Measures on a device.
  public init(_ backend: any Backend, machine: MachineDescription) {
    self.backend = backend
    self.machine = machine
  }

  // MARK: Switches

  /// Trains two lanes at once, and takes the second from the one mode to the other and back, again and again.
  ///
  /// Throws what `Session` throws, and `BenchmarkError`.
  public func measureSwitching(
    _ run: BenchmarkedRun, between first: Precision, and second: Precision, into report: inout ScalingReport
  ) throws {
    let recorder = try recorder(run, [first, first].map { PrecisionPolicy($0) })
    defer { recorder.abandon() }
    let (neighbour, lane) = (LaneID(0), LaneID(1))
    try recorder.drain { $0.stepCount(neighbour) >= Self.warmUp && $0.stepCount(lane) >= Self.warmUp }
    // The first switch compiles; it is looked at apart.
    for number in 0...switches {
      recorder.send(.setPrecision(lane, number.isMultiple(of: 2) ? second : first))
      try recorder.drain { $0.changes(lane) > number }
      let (a, b) = (recorder.stepCount(neighbour), recorder.stepCount(lane))
      try recorder.drain {
        $0.stepCount(neighbour) >= a + stepsBetween && $0.stepCount(lane) >= b + stepsBetween
      }
    }
    let log = SwitchLog(events: recorder.events, commands: recorder.commands, lane: lane, neighbour: neighbour)
    guard let result = log.switching(run.name, [first, second]) else {
      throw BenchmarkError.failed(name: run.name, reason: "no switch was measured; take more steps")
    }
    report.switchings.append(result)
  }

  // MARK: Two lanes

  /// Trains one lane of one thread, two of them at once, and one of two threads, in turns.
  ///
  /// Needs two processors. Throws what `Session` throws, and `BenchmarkError`.
  public func measureSharing(
    _ run: BenchmarkedRun, _ precision: Precision, into report: inout ScalingReport
  ) throws {
    let policy = PrecisionPolicy(precision)
    var (alone, together, twoThreads): ([Double], [Double], [Double]) = ([], [], [])
    var wide = run
    wide.configuration.threads = 2
    for _ in 0..<rounds {
      alone.append(try rate(run, [policy]))
      together.append(try rate(run, [policy, policy]))
      twoThreads.append(try rate(wide, [policy]))
    }
    let (base, pair, two) = (median(alone), median(together), median(twoThreads))
    report.sharings.append(
      ScalingReport.Sharing(
        network: run.name, precision: precision, alone: base, together: pair, twoThreads: two,
        share: median(zip(together, alone).map { $0 / (2 * $1) }),
        shareOfTwoThreads: median(zip(together, twoThreads).map { $0 / $1 })))
  }

  /// Samples a second of all lanes, each over its own step time, while all of them train.
  private func rate(_ run: BenchmarkedRun, _ policies: [PrecisionPolicy]) throws -> Double {
    let recorder = try recorder(run, policies)
    defer { recorder.abandon() }
    let lanes = policies.indices.map { LaneID($0) }
    // Lanes compile one after another: what counts begins when the last one is warm.
    try recorder.drain { recorder in lanes.allSatisfy { recorder.stepCount($0) >= Self.warmUp } }
    let start = recorder.events.last?.time ?? 0
    let before = lanes.map { recorder.stepCount($0) }
    try recorder.drain { recorder in
      zip(lanes, before).allSatisfy { recorder.stepCount($0) > $1 + stepsPerRound }
    }
    return lanes.reduce(0) { sum, lane in
      let inside = recorder.events.timedSteps(of: lane).filter { $0.start >= start }
      let seconds = inside.reduce(0) { $0 + $1.end - $1.start }
      return sum + Double(inside.count * run.configuration.samplesPerStep) / seconds
    }
  }

  private func recorder(_ run: BenchmarkedRun, _ policies: [PrecisionPolicy]) throws -> SessionRecorder {
    let session = try Session(
      configuration: run.configuration, policies: policies, backend: backend,
      options: Session.Options(schedule: .concurrent, niceness: 0, isLossless: true), data: run.data,
      machine: machine, versions: [:])
    guard session.description.schedule == .concurrent else {
      throw BenchmarkError.badSetting(
        "\(policies.count) lanes of \(run.configuration.threads) threads at once need as many processors")
    }
    return try SessionRecorder(session, name: run.name, shouldStop: shouldStop)
  }
}
