import BackendCPU
import Benchmarks
import Training
import TrainingEvents
import Testing

@Suite("Memory of the zoo")
struct ZooMemoryTests {
  /// Activations of a lane at the peak and at most, what its formats imply, and what it would take without sharing.
  private typealias Lane = (precision: Precision, atPeak: Int, most: Int, implied: Int?, unshared: Int)

  /// A report of networks by kind, in MiB.
  private func report(_ networks: [(model: String, name: String, lanes: [Lane])]) throws -> ZooReport {
    var report = ZooReport(machine: machine, versions: [:], steps: 1, threads: 1)
    for network in networks {
      var run = try BenchmarkedRun.small(steps: 1)
      let model = run.configuration.model
      run.name = network.name
      run.configuration.model = Model(
        name: network.model, network: model.network, input: model.input, task: model.task)
      let lanes = network.lanes.enumerated().map { index, lane in
        let bytes = MemoryBreakdown(parameters: 1 << 20, activations: lane.atPeak << 20)
        return LaneSummary(
          lane: LaneID(index), precision: lane.precision, state: .finished, medianStepMilliseconds: 1,
          p95StepMilliseconds: 1, samplesPerSecond: 1, committed: 1, skipped: 0,
          memory: MemoryReport(
            lane: LaneID(index), attempt: 0, precision: lane.precision, bytes: bytes, peak: bytes.total,
            unshared: lane.unshared << 20, rss: 1, impliedActivations: lane.implied.map { $0 << 20 },
            mostActivations: lane.most << 20),
          evaluation: nil)
      }
      report.add(
        run, parameters: 1, summary: RunSummary(lanes: lanes, speedup: [], seconds: 1), native: [.fp32])
    }
    return report
  }

  @Test("Activations of convnets and perceptrons are judged against fp32, those of others against what is implied")
  func verdicts() throws {
    let report = try report([
      (
        "cnn", "cnn",
        [(.fp32, 9, 100, 90, 300), (.ampBF16, 9, 55, 50, 200), (.ampFP16, 9, 56, 50, 200), (.o2, 9, 80, 50, 200)]
      ),
      ("resnet", "resnet-8", [(.fp32, 9, 100, 90, 300), (.ampBF16, 9, 60, 50, 200)]),
      ("gpt", "gpt-micro", [(.fp32, 99, 99, 90, 300), (.ampBF16, 84, 99, 80, 200), (.ampFP16, 85, 99, 80, 200)]),
    ])
    #expect(report.memoryVerdicts.map(\.ratio) == [0.55, 0.56, 0.6, 1.05, 1.0625])
    #expect(report.memoryVerdicts.map(\.isMet) == [true, false, false, true, false])
    #expect(
      report.memoryVerdictLines == [
        "amp-fp16: most activations over those of fp32: cnn 0.56×; goal at most 0.55: not met by cnn",
        "amp-fp16: activations at the peak over implied: gpt-micro 1.06×; goal at most 1.05: not met by gpt-micro",
        "amp-bf16: most activations over those of fp32: cnn 0.55×, resnet-8 0.60×; goal at most 0.55: not met by "
          + "resnet-8",
        "amp-bf16: activations at the peak over implied: gpt-micro 1.05×; goal at most 1.05: met",
      ])
  }

  @Test("The table has what is implied, its ratio, and what the plan saved; files without them have blanks")
  func table() throws {
    let report = try report([("cnn", "cnn", [(.fp32, 3, 8, 4, 12), (.ampBF16, 3, 4, nil, 7)])])
    #expect(report.rows.map(\.savedBytes) == [8 << 20, 3 << 20], "less arena and state, 4 MiB")
    let memory = report.memoryTable(.markdown).split(separator: "\n")
    #expect(memory[0].hasSuffix("| activations | workspace | total | to fp32 | saved |"))
    #expect(memory[2] == "| cnn | fp32 | 1.0 | 0.0 | 0.0 | 0.0 | 3.0 | 0.0 | 4.0 | 1.00× | 8.0 |")
    #expect(memory[3] == "| cnn | amp-bf16 | 1.0 | 0.0 | 0.0 | 0.0 | 3.0 | 0.0 | 4.0 | 1.00× | 3.0 |")
    let activations = report.activationTable(.markdown).split(separator: "\n")
    #expect(activations[2] == "| cnn | fp32 | 3.0 | 4.0 | 0.75× | 8.0 | 1.00× |")
    #expect(activations[3] == "| cnn | amp-bf16 | 3.0 |  |  | 4.0 | 0.50× |")
    #expect(report.memoryVerdictLines.count == 1)
  }

  @Test("A trained network reports what its compiled graph implies, and saves by sharing")
  func trained() throws {
    let run = try BenchmarkedRun.small(steps: 1)
    let trainer = try Trainer(run.configuration, precision: .fp32, backend: CPUBackend())
    // x (8, 1, 28, 28), the result of relu (8, 16), logits (8, 10), labels (8).
    let implied = 4 * (8 * 784 + 8 * 16 + 8 * 10) + 8 * 8
    #expect(trainer.memory.impliedActivations == implied)
    #expect(trainer.memory.unshared > trainer.memory.peak)
  }
}
