import BackendCPU
import Datasets
import Foundation
import RunStatistics
import TensorCore
import Testing
import Training
import TrainingEvents

@testable import Benchmarks

@Suite("Scaling")
struct ScalingTests {
  private static func spread(_ values: [Double]) throws -> Spread { try #require(Spread(values)) }

  private static func report() throws -> ScalingReport {
    var report = ScalingReport(machine: machine, versions: [:], threads: 2)
    report.axes = [
      ScalingReport.Axis(
        network: "net", precision: .fp32, dimension: "batch",
        points: [("8", 1.0, 10.0), ("16", 2, 18), ("32", 4, 50)].map {
          ScalingReport.Point(size: $0, gigaflops: $1, milliseconds: $2)
        })
    ]
    report.compilations = [
      ScalingReport.Compilation(network: "big", precision: .ampBF16, operations: 650, passes: 100, milliseconds: 2100)
    ]
    report.switchings = [
      ScalingReport.Switching(
        network: "net", precisions: [.fp32, .ampBF16], compileMilliseconds: 120, pauses: try spread([1, 2, 30]),
        latencies: try spread([5, 6, 7]), neighbourDuring: try spread([10, 12]), neighbourElse: try spread([10]),
        neighbourCompiling: nil)
    ]
    report.sharings = [
      ScalingReport.Sharing(
        network: "net", precision: .fp32, alone: 100, together: 180, twoThreads: 200, share: 0.9, shareOfTwoThreads: 0.9
      )
    ]
    return report
  }

  @Test("Ratios are times a GFLOP over those at the smallest size; goals are judged")
  func goals() throws {
    let report = try Self.report()
    let axis = report.axes[0]
    #expect(axis.points.indices.map { axis.ratio($0) } == [1, 0.9, 1.25])
    #expect(!report.compilations[0].meetsGoal && report.switchings[0].meetsGoal && !report.sharings[0].meetsGoal)
  }

  @Test("Tables")
  func tables() throws {
    var report = try Self.report()
    #expect(
      report.axisTable(.markdown) == """
        | network | mode | grows | size | GFLOP | ms/step | ms/GFLOP | ratio |
        | --- | --- | --- | --- | ---: | ---: | ---: | ---: |
        | net | fp32 | batch | 8 | 1.000 | 10.00 | 10.00 | 1.00 |
        | net | fp32 | batch | 16 | 2.000 | 18.00 | 9.00 | 0.90 |
        | net | fp32 | batch | 32 | 4.000 | 50.00 | 12.50 | 1.25 |
        """)
    #expect(
      report.switchTable(.plain) == """
        network  modes            switches        pause  command to change  neighbour's steps during          else  \
        while compiling  compiled in  goal
        net      fp32 ↔ amp-bf16         3  2.00, 30.00         6.00, 7.00              11.00, 12.00  10.00, 10.00  \
                                 120  pass
        """)
    report.recomputations = [
      ScalingReport.Recomputation(
        network: "deep", precision: .fp32, keptBytes: 8 << 20, recomputedBytes: 2 << 20, keptMilliseconds: 10,
        recomputedMilliseconds: 13.5)
    ]
    let lines = report.lines(.markdown)
    #expect(lines.contains { $0.contains("| big | amp-bf16 | 650 | 100.0 | 2100.0 | missed |") })
    #expect(lines.contains { $0.contains("| deep | fp32 | 8.0 | 2.0 | 0.25× | 10.00 | 13.50 | 1.35× |") })
    #expect(lines.contains { $0.contains("| net | fp32 | 100 | 180 | 200 | 0.900 | 0.900 | missed |") })
    #expect(!lines.contains { $0.contains("GB/s") })
    report.sharedBandwidth = ScalingReport.SharedBandwidth(alone: 16, together: 24, streamBytes: 6 << 20)
    #expect(
      report.lines(.markdown).contains(
        "Memory (arrays of 6 MiB): one processor alone 16.0 GB/s, two at once 24.0, 0.75 of twice one: what waits for memory "
          + "cannot be shared better"))
    #expect(ScalingReport(machine: machine, versions: [:], threads: 1).lines(.plain).isEmpty)
  }

  @Test("More steps may cost half more than ten thousand, in events and in both frames; fewer are not judged")
  func recordings() throws {
    var report = ScalingReport(machine: machine, versions: [:], threads: 1)
    func row(_ steps: Int, _ event: Double, _ frame: Double, _ loss: Double) -> ScalingReport.Recording {
      ScalingReport.Recording(
        steps: steps, eventMicroseconds: event, frameMilliseconds: frame, lossMilliseconds: loss,
        heapBytes: steps * 128)
    }
    report.recordings = [
      row(1000, 9, 9, 9), row(10_000, 2, 1, 0.5), row(100_000, 3, 1.5, 0.75), row(1_000_000, 3.1, 1, 0.5),
      row(1_000_000, 2, 1.6, 0.5), row(1_000_000, 2, 1, 0.8),
    ]
    #expect(report.recordings.indices.map { report.recordingMeetsGoal($0) } == [nil, nil, true, false, false, false])
    let table = report.recordingTable(.markdown).split(separator: "\n")
    #expect(table[2] == "| 1000 | 9.00 | 1.00 | 9.000 | 1.00 | 9.000 | 1.00 | 0.1 | 1.00 | 64 | – |")
    #expect(table[4] == "| 100000 | 3.00 | 0.33 | 1.500 | 0.17 | 0.750 | 0.08 | 12.2 | 100.00 | 64 | pass |")
    #expect(table[5].hasSuffix("| 64 | missed |") && report.lines(.plain)[0].contains("180x50"))
    report.recordings.remove(at: 1)
    #expect(report.recordingMeetsGoal(1) == nil, "there is nothing to judge by")
  }

  @Test("The scripted session is the same on every call, skips at the ceiling of its scale, and says why")
  func scriptedSession() {
    var (one, two) = (ScriptedSession(drawnAfter: 1000), ScriptedSession(drawnAfter: 1000))
    let opening = one.opening(machine: machine)
    #expect(opening.count { if case .memory = $0.body { true } else { false } } == 2)
    let events = one.attempts(700) + one.attempts(300)
    #expect(events == two.attempts(1000))
    var (steps, skipped, diagnosed, looks, scales) = (0, [Int](), [Int](), 0, [Double]())
    for event in events {
      switch event.body {
      case .step(let report):
        steps += 1
        if !report.committed { skipped.append(report.attempt) }
        if let scale = report.scale { scales.append(scale) }
      case .diagnosis(let report): diagnosed.append(report.attempt)
      case .numerics: looks += 1
      default: break
      }
    }
    #expect(
      steps == 2000 && looks == 24 && skipped == diagnosed && skipped == [200, 300, 400, 500, 600, 700, 800, 900])
    #expect(scales.max() == 0x1p18)
  }

  // MARK: Switches

  private static func step(_ lane: Int, _ attempt: Int, from start: Double, to end: Double) -> TrainingEvent {
    TrainingEvent(
      time: end,
      body: .step(
        StepReport(
          lane: LaneID(lane), attempt: attempt, committedStep: attempt + 1, committed: true, skipReason: nil, loss: 1,
          scale: nil, stepsToGrowth: nil, stepMilliseconds: (end - start) * 1000, phases: PhaseTimes(), gradNorm: 1,
          learningRate: 1, samples: 1, segment: 0)))
  }

  private static func change(_ attempt: Int, at time: Double, compile: Double) -> TrainingEvent {
    TrainingEvent(
      time: time,
      body: .precision(
        PrecisionReport(
          lane: LaneID(1), attempt: attempt, from: .fp32, to: .ampBF16, compileMilliseconds: compile, lossy: false,
          scaler: .kept)))
  }

  @Test("A pause lies between two steps of the lane; steps of the other lane are sorted by whether they met a switch")
  func switching() throws {
    let events = [
      Self.step(0, 0, from: 0, to: 1), Self.step(1, 0, from: 0, to: 1),
      // Asked at 1.5, compiled until 2.
      Self.change(1, at: 2, compile: 400), Self.step(1, 1, from: 2.25, to: 3), Self.step(0, 1, from: 1.75, to: 3.75),
      Self.step(0, 2, from: 4, to: 5), Self.step(1, 2, from: 4, to: 5),
      // Asked at 5.25: at hand.
      Self.change(3, at: 5.5, compile: 0), Self.step(1, 3, from: 5.75, to: 6), Self.step(0, 3, from: 5, to: 8),
    ]
    let log = SwitchLog(events: events, commands: [1.5, 5.25], lane: LaneID(1), neighbour: LaneID(0))
    let found = try #require(log.switching("net", [.fp32, .ampBF16]))
    #expect(found.compileMilliseconds == 400)
    #expect(found.pauses == Spread([750]), "from 5 to 5.75; the switch that compiled counts apart")
    #expect(found.latencies == Spread([250]))
    #expect(found.neighbourDuring == Spread([3000]) && found.neighbourCompiling == Spread([2000]))
    #expect(found.neighbourElse == Spread([1000, 1000]))
    let none = SwitchLog(events: [], commands: [], lane: LaneID(1), neighbour: LaneID(0))
    #expect(none.switching("net", [.fp32, .ampBF16]) == nil)
  }

  // MARK: Measured

  @Test("Growth and compilation are measured on the calling thread")
  func growth() throws {
    let small = try BenchmarkedRun.small(steps: 1).configuration
    var large = small
    large.batches = try small.batches.resized(to: 16)
    var bench = ScalingBench(CPUBackend())
    bench.steps = 2
    var report = ScalingReport(machine: machine, versions: [:], threads: 1)
    try bench.measureAxis(
      "batch", of: "small", sizes: [("8", small), ("16", large)], policy: PrecisionPolicy(.fp32), into: &report)
    try bench.measureCompilation(of: "small", small, policy: PrecisionPolicy(.ampBF16), into: &report)
    let points = try #require(report.axes.first).points
    #expect(points.map(\.size) == ["8", "16"] && points.allSatisfy { $0.milliseconds > 0 })
    #expect(points[1].gigaflops == 2 * points[0].gigaflops)
    let compilation = try #require(report.compilations.first)
    #expect(compilation.milliseconds > 0 && compilation.passes > 0 && compilation.operations > 10)
  }

  @Test(
    "Switches and lanes at once are measured in sessions",
    .enabled(if: ProcessorSet.allowed.count >= 2, "two lanes at once need two processors"))
  func sessions() throws {
    var bench = SessionBench(CPUBackend(), machine: machine)
    (bench.switches, bench.stepsBetween, bench.rounds, bench.stepsPerRound) = (2, 3, 1, 5)
    var report = ScalingReport(machine: machine, versions: [:], threads: 1)
    try bench.measureSwitching(BenchmarkedRun.small(steps: 1), between: .fp32, and: .ampBF16, into: &report)
    try bench.measureSharing(BenchmarkedRun.small(steps: 1), .fp32, into: &report)
    try ScalingBench(CPUBackend()).measureSharedBandwidth(streamBytes: 3 << 20, into: &report)
    let bandwidth = try #require(report.sharedBandwidth)
    #expect(bandwidth.alone > 0 && bandwidth.together > 0 && bandwidth.streamBytes <= 3 << 20)
    let switching = try #require(report.switchings.first)
    #expect(switching.pauses.count == 2 && switching.compileMilliseconds > 0)
    let sharing = try #require(report.sharings.first)
    #expect(sharing.alone > 0 && sharing.together > 0 && sharing.share > 0 && sharing.shareOfTwoThreads > 0)
  }

  @Test(
    "Sessions are given up when asked to",
    .enabled(if: ProcessorSet.allowed.count >= 2, "two lanes at once need two processors"))
  func givenUp() throws {
    var bench = SessionBench(CPUBackend(), machine: machine)
    bench.shouldStop = { true }
    var report = ScalingReport(machine: machine, versions: [:], threads: 1)
    let error = #expect(throws: BenchmarkError.self) {
      try bench.measureSharing(BenchmarkedRun.small(steps: 1), .fp32, into: &report)
    }
    #expect(error == .givenUp)
  }
}
