import BackendCPU
import Foundation
import GraphCompiler
import GraphIR
import RunStatistics
import TensorCore
import Testing
import Training
import TrainingEvents

@testable import Benchmarks

@Suite("The limit")
struct RooflineTests {
  private static let roofs = MachineRoofs(gigaflops: ["fp32": 200, "bf16": 1000], gigabytes: 10)

  private static func work(_ gigaflops: [String: Double], bytes: Int) -> StepWork {
    var traffic = MemoryTraffic()
    traffic.activations = bytes
    return StepWork(gigaflops: gigaflops, traffic: traffic)
  }

  @Test("A floor is arithmetic at the peak of each format, plus bytes at the bandwidth")
  func floor() throws {
    let floor = try #require(StepFloor(Self.work(["fp32": 2, "bf16": 4], bytes: 60_000_000), under: Self.roofs))
    #expect(abs(floor.arithmetic - (10 + 4)) < 1e-9, "2 GFLOP at 200 and 4 at 1000 a second, in ms")
    #expect(abs(floor.memory - 6) < 1e-9, "60 MB at 10 GB/s")
    #expect(abs(floor.milliseconds - 20) < 1e-9 && abs(floor.arithmeticShare - 0.7) < 1e-9)
    #expect(StepFloor(Self.work(["fp16": 1], bytes: 0), under: Self.roofs) == nil, "nobody measured fp16")
    #expect(StepFloor(arithmetic: 0, memory: 0).arithmeticShare == 0)
  }

  @Test("Of several measurements the median of each roof counts")
  func medians() throws {
    let samples = [(100.0, 9.0), (300, 12), (290, 3)].map { MachineRoofs(gigaflops: ["fp32": $0], gigabytes: $1) }
    #expect(MachineRoofs(medianOf: samples) == MachineRoofs(gigaflops: ["fp32": 290], gigabytes: 9))
    #expect(MachineRoofs(medianOf: []) == nil)
    #expect(median([4, 1, 2, 3]) == 2.5 && median([]).isNaN)
  }

  @Test("Work is counted in the format of the operands")
  func work() throws {
    var builder = GraphBuilder(isTraining: false)
    let x = builder.input("x", TensorType(.float32, [10, 20]))
    let hidden = try builder.linear(x, weight: try builder.parameter("a", [30, 20], .constant(0)))
    builder.output("logits", try builder.linear(hidden, weight: try builder.parameter("b", [40, 30], .constant(0))))
    let both = Double(2 * 10 * 20 * 30 + 2 * 10 * 30 * 40) * 1e-9
    for (format, name) in [(nil, "fp32"), (DType.bfloat16, "bf16")] {
      let stages = try CompilerPipeline(autocastFormat: format).inferenceStages(builder.graph)
      let work = StepWork(try #require(stages.last).graph)
      #expect(Array(work.gigaflops.keys) == [name])
      #expect(abs(work.totalGigaflops - both) < 1e-15)
    }
  }

  /// A network of 2 GFLOP whose bytes take `memory` ms.
  private static func row(_ precision: Precision, _ gigaflops: Double, memory: Double, measured: [Double]) throws
    -> RooflineReport.Row
  {
    let format = precision == .fp32 ? "fp32" : "bf16"
    let work = work([format: gigaflops], bytes: Int(memory * 1e7))
    return RooflineReport.Row(
      network: "net", precision: precision, isNative: precision != .ampFP16, batch: 8, work: work, roofs: roofs,
      floor: try #require(StepFloor(work, under: roofs)), milliseconds: try #require(Spread(measured)), skipped: 0)
  }

  private static func report() throws -> RooflineReport {
    var report = RooflineReport(machine: machine, versions: [:], threads: 2, streamBytes: 64 << 20)
    let times = [[12.5, 12.5, 12.5], [5.0, 5.0, 5.0]]
    // 10 + 1 ms of 12.5; 2 + 0.9 ms of 5.
    let rows = [
      try row(.fp32, 2, memory: 1, measured: times[0]), try row(.ampBF16, 2, memory: 0.9, measured: times[1]),
    ]
    report.add(rows, times: times)
    return report
  }

  @Test("Goals are for what is GEMM-bound; a speedup is held against the floors")
  func goals() throws {
    let report = try Self.report()
    let (fp32, bf16) = (report.rows[0], report.rows[1])
    #expect(fp32.isGEMMBound && fp32.goal == 0.8 && abs(fp32.achieved - 0.88) < 1e-9 && fp32.meetsGoal == true)
    #expect(!bf16.isGEMMBound && bf16.goal == nil && bf16.meetsGoal == nil, "2 of 2.9 ms is 69 %")
    #expect(abs(bf16.achieved - 0.58) < 1e-9)
    let speedup = try #require(report.speedups.first)
    #expect(report.speedups.count == 1 && speedup.precision == .ampBF16)
    #expect(abs(speedup.measured - 2.5) < 1e-9 && abs(speedup.floors - 11 / 2.9) < 1e-9)
    #expect(speedup.meetsGoal == false)
    let slow = try Self.row(.bf16, 4, memory: 0.1, measured: [6])
    #expect(slow.goal == 0.7 && slow.meetsGoal == false, "4.1 of 6 ms")
    #expect(try Self.row(.ampFP16, 4, memory: 0.1, measured: [6]).goal == nil, "storage-only")
  }

  @Test("Tables")
  func tables() throws {
    let report = try Self.report()
    #expect(
      report.table(.plain) == """
        network  mode      GFLOP    MB  GFLOP/s  GB/s  GEMM ms  memory ms  floor ms  measured ms    p95  \
        floor/measured %  GEMM %  goal
        net      fp32      2.000  10.0      200  10.0    10.00       1.00     11.00        12.50  12.50  \
                      88      91  80 %: pass
        net      amp-bf16  2.000   9.0     1000  10.0     2.00       0.90      2.90         5.00   5.00  \
                      58      69  –
        """)
    #expect(
      report.speedupTable(.markdown) == """
        | network | mode | measured | floors | share | goal |
        | --- | --- | ---: | ---: | ---: | --- |
        | net | amp-bf16 | 2.50× | 3.79× | 0.66 | 0.90: missed |
        """)
    #expect(report.explanation.contains("arrays of 64 MiB"))
  }

  @Test("A network is measured between roofs, and its operations by kind")
  func bench() throws {
    let run = try BenchmarkedRun.small([.fp32, .ampBF16], steps: 6)
    var bench = try RooflineBench(CPUBackend(), threads: 1, formats: [.fp32, .bf16], streamBytes: 1 << 20)
    (bench.rounds, bench.stepsPerRound, bench.profiledSteps, bench.listedOperations) = (2, 3, 2, 4)
    var report = RooflineReport(machine: machine, versions: [:], threads: 1, streamBytes: 1 << 20)
    try bench.measure(run, into: &report)

    #expect(report.rows.map(\.precision) == [.fp32, .ampBF16] && report.speedups.count == 1)
    #expect(report.rows.allSatisfy { $0.milliseconds.count == 6 && $0.floor.milliseconds > 0 && $0.skipped == 0 })
    for row in report.rows {
      let kinds = report.kinds.filter { $0.precision == row.precision }
      #expect(abs(kinds.reduce(0) { $0 + $1.gigaflops } - row.work.totalGigaflops) < 1e-12)
      #expect(Set(kinds.compactMap(\.kind)).isSuperset(of: [.linear, .loss, .optimizer]))
      #expect(kinds.contains { $0.kind == .cast } == (row.precision == .ampBF16))
      #expect(kinds.count { $0.kind == nil } == 1, "what is spent outside operations")
      #expect(kinds.contains { $0.kind == .linear && $0.phase == "backward" && $0.floor.arithmetic > 0 })
      let listed = report.operations.filter { $0.precision == row.precision }.map(\.milliseconds)
      #expect(listed.count == 4 && listed == listed.sorted(by: >))
    }
    #expect(report.kindTable(.plain).contains("outside operations") && report.operationTable(.plain).contains("linear"))
    let copy = try JSONDecoder().decode(RooflineReport.self, from: JSONEncoder().encode(report))
    #expect(copy.rows.map(\.work) == report.rows.map(\.work) && copy.kinds.count == report.kinds.count)
  }

  @Test("Is given up when asked to")
  func givenUp() throws {
    let run = try BenchmarkedRun.small(steps: 6)
    var bench = try RooflineBench(CPUBackend(), threads: 1, formats: [.fp32], streamBytes: 1 << 20)
    bench.shouldStop = { true }
    var report = RooflineReport(machine: machine, versions: [:], threads: 1, streamBytes: 1 << 20)
    let error = #expect(throws: BenchmarkError.self) { try bench.measure(run, into: &report) }
    #expect(error == .givenUp && report.rows.isEmpty)
  }
}
