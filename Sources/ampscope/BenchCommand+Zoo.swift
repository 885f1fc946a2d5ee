import ArgumentParser
import Benchmarks
import Foundation
import GraphIR
import Training
import TrainingEvents

/// Speed and memory of every network in every mode.
extension BenchCommand {
  func runZoo() throws {
    let entries = try chosen(from: ZooSizes.entries(size))
    let steps = steps ?? ZooSizes.steps
    let groups = try laneGroups(lanes ?? BenchCommand.everyMode)
    let first = try plan(entries[0].arguments, lanes: groups[0], seed: seed, steps: steps)
    var report = ZooReport(
      machine: MachineProbe.description, versions: Version.components, steps: steps,
      threads: first.configuration.threads)
    for (index, entry) in entries.enumerated() {
      for lanes in groups {
        let plan = try plan(entry.arguments, lanes: lanes, seed: seed, steps: steps)
        let run = benchmarkedRun(entry, plan, steps: steps)
        let summary = try measure(run, on: plan, "\(index + 1)/\(entries.count)")
        let forward = try run.configuration.model.inferenceGraph(batchSize: 1)
        let native = Set(run.policies.map(\.mode).filter { plan.backend.support(for: $0).isNative })
        report.add(run, parameters: forward.trainableCount, summary: summary, native: native)
      }
    }
    let style = markdown ? TableStyle.markdown : .plain
    let lines = [heading(report.machine, threads: report.threads), "", report.table(style), ""] + report.meanLines
    let memory = [
      "", "Planned memory at the peak of a step, MiB", "", report.memoryTable(style), "",
      "Activations, MiB: at the peak, what the formats of the operations imply, and the most at one time", "",
      report.activationTable(style), "",
    ]
    try print(lines + memory + report.memoryVerdictLines, report)
  }

  /// Every mode that a CPU runs.
  private static let everyMode = "fp32,amp-bf16,amp-fp16,o2,bf16,fp16"

  /// A session has four lanes: more modes run in groups of three, each beside fp32.
  private func laneGroups(_ list: String) throws -> [String] {
    let names = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    guard let baseline = names.firstIndex(where: { Precision(spelling: $0) == .fp32 }) else {
      throw ValidationError("--lanes: a bench compares with fp32; name it among the lanes")
    }
    let others = names.enumerated().filter { $0.offset != baseline }.map(\.element)
    guard others.count > 3 else { return [list] }
    return stride(from: 0, to: others.count, by: 3).map { start in
      ([names[baseline]] + others[start..<min(start + 3, others.count)]).joined(separator: ",")
    }
  }

  private func heading(_ machine: MachineDescription, threads: Int) -> String {
    "\(machine.processor), \(machine.allowedProcessors) processors, \(threads) threads a lane, alternating; "
      + Version.text
  }
}
