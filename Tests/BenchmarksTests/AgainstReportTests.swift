import Foundation
import Testing
import TrainingEvents

@testable import Benchmarks

@Suite("This engine against PyTorch, as a report")
struct AgainstReportTests {
  private func side(_ rounds: [Double], memory: Int? = nil, over own: [Double]? = nil) -> AgainstReport.Side {
    var side = AgainstReport.Side(losses: [1])
    (side.rounds, side.memory) = (rounds, memory)
    side.ratio = own.flatMap { AgainstReport.Ratio(rounds, over: $0) }
    return side
  }

  private func row(
    _ network: String, _ precision: Precision, ours: [Double], eager: [Double], compiled: [Double]?
  ) -> AgainstReport.Row {
    var row = AgainstReport.Row(network: network, precision: precision, batch: 8)
    row.ours = side(ours, memory: 1 << 20)
    row.eager = side(eager, memory: 3 << 20, over: ours)
    row.compiled = compiled.map { side($0, memory: 2 << 20, over: ours) }
    return row
  }

  private var empty: AgainstReport {
    AgainstReport(machine: machine, versions: ["PyTorch": "2.15.0"], threads: 2, processors: [0, 1], rounds: 3)
  }

  @Test("Ratios are taken round by round, and their mean is geometric: a drift of the machine cancels")
  func ratios() throws {
    let row = row("cnn", .fp32, ours: [10, 20, 40], eager: [15, 30, 60], compiled: [10, 40, 80])
    let eager = try #require(row.eager?.ratio)
    #expect(abs(eager.ratio - 1.5) < 1e-12)
    #expect(abs((eager.low ?? 0) - 1.5) < 1e-9 && abs((eager.high ?? 0) - 1.5) < 1e-9, "no spread, no interval")
    let compiled = try #require(row.compiled?.ratio)
    #expect(abs(compiled.ratio - pow(4, 1 / 3.0)) < 1e-12, "of 1, 2 and 2")
    let (low, high) = (try #require(compiled.low), try #require(compiled.high))
    #expect(low < compiled.ratio && compiled.ratio < high)
    #expect(row.best == eager, "the faster of the two")
    #expect(row.ours.milliseconds == 20 && row.memoryRatio == 2, "the smaller of the two")
    #expect(AgainstReport.Ratio([1, 2], over: [1]) == nil && AgainstReport.Ratio([]) == nil)
    #expect(AgainstReport.Ratio([2])?.low == nil, "a single round has no interval")
  }

  @Test("Means are over networks that could be compared, and stand beside their goals")
  func means() throws {
    var report = empty
    report.add([
      row("mlp", .fp32, ours: [10], eager: [20], compiled: [30]),
      row("mlp", .ampBF16, ours: [10], eager: [11], compiled: nil),
    ])
    report.add([
      row("cnn", .fp32, ours: [10], eager: [40], compiled: [8]),
      AgainstReport.Row(network: "cnn", precision: .ampBF16, batch: 8, error: "another network"),
    ])
    #expect(report.means.map(\.precision) == [.fp32, .ampBF16] && report.means.map(\.networks) == [2, 1])
    let mean = report.means[0]
    #expect(abs((mean.best?.ratio ?? 0) - 1.6.squareRoot()) < 1e-12, "of 2 and 0.8")
    #expect(abs((mean.eager?.ratio ?? 0) - 8.0.squareRoot()) < 1e-12, "of 2 and 4")
    #expect(mean.lowest == "cnn" && mean.lowestRatio == 0.8)
    #expect(report.hasErrors && report.remarks == ["cnn amp-bf16: error: another network"])
    let lines = report.meanLines.joined(separator: "\n")
    #expect(lines.contains("geometric mean of 2 networks 1.26×") && lines.contains("goal 1.25: met"))
    #expect(lines.contains("lowest 0.80× (cnn); goal 1.10: not met"))
    #expect(lines.contains("geometric mean of 1 networks 1.10×; goal 1.35: not met"))
  }

  @Test("Our storage-only fp16 is compared with our fp32, not with a goal over PyTorch")
  func overFP32() throws {
    var report = empty
    var slow = row("mlp", .ampFP16, ours: [12, 13], eager: [90, 90], compiled: nil)
    slow.overFP32 = AgainstReport.Ratio([12, 13], over: [10, 10])
    report.add([row("mlp", .fp32, ours: [10, 10], eager: [20, 20], compiled: nil), slow])
    let lines = report.meanLines
    #expect(
      lines.contains { $0.hasPrefix("amp-fp16: our step time over that of our fp32 1.25×; goal at most 1.20: not") })
    #expect(!lines.contains { $0.hasPrefix("amp-fp16: lowest") && $0.contains("goal") })
  }

  @Test("Tables have a row a network and mode; an error has no figures")
  func tables() throws {
    var report = empty
    var fp32 = row("cnn", .fp32, ours: [10, 10], eager: [15, 15], compiled: [12, 12])
    var half = row("cnn", .ampBF16, ours: [5, 5], eager: [9, 9], compiled: nil)
    fp32.memory = breakdown(activations: 4 << 20)
    half.memory = breakdown(activations: 2 << 20)
    (fp32.mostActivations, half.mostActivations, half.impliedActivations) = (5 << 20, 3 << 20, 2 << 20)
    report.add([fp32, half, AgainstReport.Row(network: "gpt", precision: .fp32, batch: 1, error: "no twin")])
    let lines = report.table(.plain).split(separator: "\n")
    #expect(lines.count == 4 && lines[1].contains("1.20×") && lines[1].contains("compiled"))
    #expect(lines[2].contains("1.80×") && lines[2].contains("eager") && lines[3].contains("error"))
    let memory = report.memoryTable(.markdown).split(separator: "\n")
    #expect(memory.count == 4 && memory[2].contains("| 1.0 | 3.0 | 2.0 | 2.00× | 5.0 | 1.00× |  |"))
    #expect(memory[3].contains("| 1.0 | 3.0 |  | 3.00× | 3.0 | 0.60× | 1.00× |"))
    #expect(report.conditions.joined().contains("2 threads on processors 0,1"))
  }

  @Test("Reports survive JSON")
  func coding() throws {
    var report = empty
    report.add([row("cnn", .fp32, ours: [10, 11], eager: [15, 16], compiled: [12, 15])])
    let data = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(AgainstReport.self, from: data) == report)
  }

  @Test("In two rounds for each of n things every one is as often at every place, and before as after each other")
  func order() {
    for count in 1...4 {
      let orders = (0..<2 * count).map { AgainstRun.order(of: count, round: $0) }
      for place in 0..<count {
        let seen = Dictionary(grouping: orders.map { $0[place] }) { $0 }.mapValues(\.count)
        #expect(seen == Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, 2) }), "place \(place) of \(count)")
      }
      for (a, b) in (0..<count).flatMap({ a in (0..<a).map { (a, $0) } }) {
        let before = orders.count { ($0.firstIndex(of: a) ?? 0) < ($0.firstIndex(of: b) ?? 0) }
        #expect(before == count, "\(a) and \(b) of \(count)")
      }
    }
  }

  @Test("Busy time is everything but idle and waiting for discs, of the processors asked for only")
  func load() {
    let text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 100 50 4 5 6 0 0\ncpu1 10 0 0 100 0 0 0 0 0 0\nintr 5\n"
    #expect(ProcessorLoad.busyMilliseconds(of: [0], in: text, ticksPerSecond: 100) == 210)
    #expect(ProcessorLoad.busyMilliseconds(of: [0, 1], in: text, ticksPerSecond: 100) == 310)
    #expect(ProcessorLoad.busyMilliseconds(of: [2], in: text, ticksPerSecond: 100) == nil)
    #expect(ProcessorLoad.busyMilliseconds(of: [], in: text, ticksPerSecond: 100) == nil)
  }

  private func breakdown(activations: Int) -> MemoryBreakdown {
    MemoryBreakdown(
      parameters: 0, masters: 0, lowPrecisionCopies: 0, gradients: 0, optimizerState: 0, activations: activations,
      workspace: 0)
  }
}
