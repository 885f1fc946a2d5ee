import Benchmarks
import TrainingEvents

/// Whether every mode reaches fp32's result.
extension BenchCommand {
  func runAccuracy() throws {
    let entries = try chosen(from: ZooSizes.accuracyEntries)
    let numbers = (0..<UInt64(seeds)).map { seed + $0 }
    var report = AccuracyReport(machine: MachineProbe.description, versions: Version.components, seeds: numbers)
    for (index, entry) in entries.enumerated() {
      var summaries: [RunSummary] = []
      for number in numbers {
        let steps = steps ?? entry.steps
        let plan = try plan(
          entry.arguments, lanes: lanes ?? "fp32,amp-bf16,amp-fp16", seed: number, steps: steps)
        summaries.append(
          try measure(
            benchmarkedRun(entry, plan, steps: steps), on: plan, "\(index + 1)/\(entries.count), seed \(number)"))
      }
      try report.add(
        network: entry.name, measure: entry.measure == .loss ? .loss : .accuracy, summaries: summaries)
    }
    let heading = "\(numbers.count) seeds a network, differences to fp32 paired by seed, two one-sided t-tests at 5 %"
    try print([heading, "", report.table(markdown ? .markdown : .plain)], report)
  }
}
