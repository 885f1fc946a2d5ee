import Benchmarks
import Foundation
import Testing
import TrainingEvents

@Suite("Reports of a bench")
struct ReportTests {
  @Test("Equal lanes are equivalent, lanes a point apart are not")
  func equivalence() throws {
    var report = AccuracyReport(machine: machine, versions: [:], seeds: [0, 1, 2, 3, 4])
    let base = [0.90, 0.91, 0.92, 0.90, 0.91]
    let noise = [0.0005, -0.0006, 0.0002, 0.0001, -0.0002]
    let summaries = zip(base, noise).map { accuracy, offset in
      summary([(.fp32, accuracy, 0.5), (.ampBF16, accuracy + offset, 0.5), (.ampFP16, accuracy - 0.01 + offset, 0.5)])
    }
    try report.add(network: "cnn", measure: .accuracy, summaries: summaries)

    #expect(report.rows.map(\.precision) == [.ampBF16, .ampFP16])
    #expect(report.rows.map(\.isEquivalent) == [true, false])
    #expect(abs(report.rows[0].difference) < 1e-9, "differences of 0.05, -0.06, 0.02, 0.01 and -0.02 points")
    #expect(abs(report.rows[1].difference + 1) < 1e-9, "in points")
    #expect(abs(report.rows[0].baseline - 0.908) < 1e-9)
    let table = report.table(.plain)
    #expect(table.contains("equivalent") && table.contains("not shown") && table.contains("-1.000 points"))
    #expect(report.table(.markdown).split(separator: "\n").count == 4)
  }

  @Test("Losses are compared in per cent of the baseline's")
  func losses() throws {
    var report = AccuracyReport(machine: machine, versions: [:], seeds: [0, 1])
    try report.add(
      network: "gpt", measure: .loss,
      summaries: [summary([(.fp32, 0, 2), (.ampBF16, 0, 2.012)]), summary([(.fp32, 0, 4), (.ampBF16, 0, 4.024)])])
    #expect(report.rows.count == 1)
    #expect(abs(report.rows[0].differences[0] - 0.6) < 1e-9 && abs(report.rows[0].differences[1] - 0.6) < 1e-9)
    #expect(!report.rows[0].isEquivalent, "half a per cent is the margin")
  }

  @Test("A lane without an evaluation, or no fp32 lane, is an error that names the network")
  func incomplete() throws {
    var report = AccuracyReport(machine: machine, versions: [:], seeds: [0])
    var broken = summary([(.fp32, 0.9, 1), (.ampBF16, 0.9, 1)])
    broken.lanes[1].evaluation = nil
    let missing = #expect(throws: BenchmarkError.self) {
      try report.add(network: "cnn", measure: .accuracy, summaries: [broken])
    }
    #expect(missing?.description.contains("cnn") == true)
    let alone = #expect(throws: BenchmarkError.self) {
      try report.add(network: "vit", measure: .accuracy, summaries: [summary([(.ampBF16, 0.9, 1)])])
    }
    #expect(alone?.description.contains("vit") == true)
  }

  @Test("Reports survive JSON")
  func coding() throws {
    var report = AccuracyReport(machine: machine, versions: ["ampscope": "0"], seeds: [1, 2])
    try report.add(
      network: "cnn", measure: .accuracy,
      summaries: [summary([(.fp32, 0.5, 1), (.ampFP16, 0.6, 1)]), summary([(.fp32, 0.4, 1), (.ampFP16, 0.45, 1)])])
    let data = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(AccuracyReport.self, from: data) == report)
  }
}

let machine = MachineDescription(
  device: "cpu", processor: "test", allowedProcessors: 1, instructionSets: [], memoryBytes: 0)

/// A summary of lanes with these final scores and losses.
private func summary(_ lanes: [(precision: Precision, accuracy: Double, loss: Double)]) -> RunSummary {
  RunSummary(
    lanes: lanes.enumerated().map { index, lane in
      LaneSummary(
        lane: LaneID(index), precision: lane.precision, state: .finished, medianStepMilliseconds: 1,
        p95StepMilliseconds: 1, samplesPerSecond: 1, committed: 1, skipped: 0, memory: nil,
        evaluation: EvaluationReport(
          lane: LaneID(index), attempt: 1, loss: lane.loss, accuracy: lane.accuracy, count: 10, isFinal: true))
    }, speedup: [], seconds: 1)
}
