import RunStatistics
import Testing
import TrainingEvents

@testable import Benchmarks

@Suite("What the dashboard costs, as a report")
struct UIReportTests {
  private var machine: MachineDescription {
    MachineDescription(device: "cpu", processor: "Test", allowedProcessors: 2, instructionSets: [], memoryBytes: 1)
  }

  private func spread(_ values: Double...) throws -> Spread { try #require(Spread(values)) }

  private func frames(moves: Bool, milliseconds: Double, bytes: Double) throws -> UIReport.Frames {
    UIReport.Frames(
      moves: moves, columns: 80, rows: 24, colors: "trueColor", milliseconds: try spread(milliseconds),
      bytes: try spread(bytes))
  }

  @Test("Segments go without, with, with, without, so that a drift cancels")
  func order() {
    #expect((0..<8).map { UIReport.hasDashboard(segment: $0) } == [false, true, true, false, false, true, true, false])
  }

  /// Rates of so many pairs of segments on a machine that drifts, of which the dashboard leaves a share.
  private func segments(pairs: Int, leaving share: Double, noise: (Int) -> Double = { _ in 1 }) -> [Double?] {
    (0..<2 * pairs).map { index in
      (1000 - Double(index)) * (UIReport.hasDashboard(segment: index) ? share : 1) * noise(index)
    }
  }

  private func row(_ segments: [Double?], uiShare: Double = 0.005) throws -> UIReport.Throughput {
    var report = UIReport(machine: machine, versions: [:])
    report.add(schedule: .alternating, precision: .fp32, segments: segments, uiShare: uiShare)
    return try #require(report.throughput.first)
  }

  @Test("A lane that the dashboard slows by a tenth reads 0.9 whatever drifts, and pairs without a step are left out")
  func throughput() throws {
    let row = try row(segments(pairs: 40, leaving: 0.9))
    #expect(abs(row.ratio - 0.9) < 0.001 && row.pairs == 40)
    let (low, high) = (try #require(row.low), try #require(row.high))
    #expect(low <= row.ratio && row.ratio <= high && high < 0.902)
    var report = UIReport(machine: machine, versions: [:])
    report.add(schedule: .alternating, precision: .ampBF16, segments: [nil, 5, 5, 4, 0, 3], uiShare: 0)
    #expect(report.throughput.last?.pairs == 1 && report.throughput.last?.low == nil)
    report.add(schedule: .alternating, precision: .o2, segments: [nil, nil, 3], uiShare: 0)
    #expect(report.throughput.count == 1)
  }

  @Test("What a neighbour takes from a few segments leaves the ratio and hardly widens its interval")
  func neighbours() throws {
    let disturbed = segments(pairs: 60, leaving: 0.995) { $0 % 11 == 3 ? 0.4 : 1 }
    let row = try row(disturbed)
    #expect(abs(row.ratio - 0.995) < 0.002 && row.verdict == .pass)
    let width = try #require(UIReport.halfWidth(of: disturbed))
    #expect(width > 0 && width < 0.01)
    #expect(UIReport.halfWidth(of: segments(pairs: 29, leaving: 1)) == nil)
  }

  @Test("The budget is the UI thread's share and 1 %: kept, missed, or not to be told")
  func budget() throws {
    let kept = try row(segments(pairs: 40, leaving: 0.99))
    #expect(abs(kept.budget - 0.015) < 1e-9 && kept.verdict == .pass)
    #expect(try row(segments(pairs: 40, leaving: 0.99), uiShare: -0.001).verdict == .fail)
    #expect(try row(segments(pairs: 40, leaving: 0.97)).verdict == .fail)
    #expect(
      try row(
        segments(pairs: 40, leaving: 0.985) {
          UIReport.hasDashboard(segment: $0) ? [1.2, 0.8][$0 / 10 % 2] : 1
        }
      ).verdict == .tooNoisy)
    #expect(try row(segments(pairs: 5, leaving: 1)).verdict == .tooNoisy)
  }

  @Test("Every number stands beside its budget, and says pass or fail in words")
  func text() throws {
    var report = UIReport(machine: machine, versions: [:])
    report.frames = [
      try frames(moves: false, milliseconds: 0.9, bytes: 1900),
      try frames(moves: false, milliseconds: 1.1, bytes: 1900),
      try frames(moves: false, milliseconds: 0.9, bytes: 2100), try frames(moves: true, milliseconds: 4.9, bytes: 9000),
      try frames(moves: true, milliseconds: 5.1, bytes: 9000),
    ]
    #expect(report.frames.map(\.isWithinBudget) == [true, false, false, true, false])
    report.keys = try spread(10, 20, 60)
    report.firstFrame = try spread(49)
    report.shares = ["alternating": 0.02]
    report.add(schedule: .alternating, precision: .fp32, segments: segments(pairs: 30, leaving: 0.5), uiShare: 0.005)
    for style in [TableStyle.plain, .markdown] {
      let text = report.lines(style).joined(separator: "\n")
      #expect(text.contains("p95 56.0 ms, largest 60.0 ms of 3 keys; budget 50 ms in 95 of 100: fail"))
      #expect(text.contains("1 starts; budget 50 ms: pass"))
      #expect(text.contains("2.0 % of a core; budget 1.0 %: fail"))
      #expect(text.contains("little changes") && text.contains("everything moves"))
      #expect(text.contains("0.500") && text.contains("0.985"))
    }
  }

  @Test("A spread is its median, its 95th percentile and its largest, and nothing without numbers")
  func spread() {
    let spread = Spread((1...101).map { Double($0) }.reversed())
    #expect(spread?.median == 51 && spread?.p95 == 96 && spread?.largest == 101 && spread?.count == 101)
    #expect(Spread([]) == nil && Spread([1, .nan]) == nil)
  }

  @Test("The script is the same on every call, calm or wild, and numbers attempts in order")
  func script() {
    for isWild in [false, true] {
      var (one, two) = (ScriptedEvents(isWild: isWild), ScriptedEvents(isWild: isWild))
      let (first, second) = (one.attempts(30) + one.attempts(20), two.attempts(50))
      #expect(first == second && one.opening(machine: machine).count == 3)
      let attempts = first.compactMap { event in
        if case .step(let step) = event.body, step.lane == LaneID(0) { step.attempt } else { nil }
      }
      #expect(attempts == Array(0..<50))
    }
  }
}
