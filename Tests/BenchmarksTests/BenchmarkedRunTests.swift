import BackendCPU
import Benchmarks
import Datasets
import TensorCore
import Testing
import Training
import TrainingEvents

@Suite("Runs of a bench")
struct BenchmarkedRunTests {
  private func run(steps: Int) throws -> BenchmarkedRun {
    try .small([.fp32, .ampBF16, .ampFP16], steps: steps, isEvaluated: true)
  }

  @Test("Measures every lane in pairs and evaluates all of them")
  func report() throws {
    let run = try run(steps: 45)
    var seen: [Int] = []
    let summary = try run.run(
      on: CPUBackend(), machine: machine, versions: [:], progress: { seen.append($0.attempts) })
    var report = ZooReport(machine: machine, versions: [:], steps: 45, threads: 1)
    report.add(run, parameters: 1, summary: summary, native: [.fp32])

    #expect(seen.last == 45)
    #expect(report.rows.map(\.precision) == [.fp32, .ampBF16, .ampFP16])
    #expect(report.rows.map { $0.speedup == nil } == [true, false, false])
    #expect(report.rows[1].speedup?.low != nil, "45 steps less ten of warm-up are more than thirty pairs")
    #expect(report.rows.allSatisfy { $0.loss?.isFinite == true && $0.score != nil && $0.memory != nil })
    #expect(report.rows.map(\.isNative) == [true, false, false])
    #expect(report.means.map(\.precision).sorted { $0.rawValue < $1.rawValue } == [.ampBF16, .ampFP16])
    #expect(report.meanLines.count == 2)
    let lines = report.table(.plain).split(separator: "\n")
    let memory = report.memoryTable(.plain).split(separator: "\n")
    #expect(memory.count == 4 && memory[0].contains("activations") && memory[1].contains("1.00×"))
    #expect(report.memoryVerdicts.map(\.isOverFP32) == [false, false], "its kind has no goal over fp32")
    #expect(lines.count == 4 && lines[1].contains("baseline") && lines[2].contains("storage-only"))
  }

  @Test("Is given up when asked to")
  func givenUp() throws {
    let error = #expect(throws: BenchmarkError.self) {
      try run(steps: 100_000).run(on: CPUBackend(), machine: machine, versions: [:], shouldStop: { true })
    }
    #expect(error == .givenUp)
  }

  @Test("A run that cannot go on is an error that names it")
  func failure() throws {
    var broken = try run(steps: 5)
    broken.dataset = Unreadable()
    let error = #expect(throws: BenchmarkError.self) {
      try broken.run(on: CPUBackend(), machine: machine, versions: [:])
    }
    #expect(error?.description.hasPrefix("small: ") == true)
  }
}

/// Data whose validation split cannot be read.
private struct Unreadable: Dataset {
  let name = "unreadable"
  let isSynthetic = true
  let task = LearningTask.classification(classes: 10)
  let input = SampleType(.float32, [1, 28, 28])

  func count(of split: Split) -> Int { 8 }

  func fill(
    _ split: Split, _ indices: ArraySlice<Int>, variation: UInt64, inputs: UnsafeMutableRawBufferPointer,
    targets: UnsafeMutableRawBufferPointer
  ) throws {
    throw DatasetError(.malformed, "the file went away")
  }
}
