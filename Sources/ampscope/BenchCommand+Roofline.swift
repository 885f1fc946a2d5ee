import ArgumentParser
import BackendAPI
import Benchmarks
import Foundation
import Training
import TrainingEvents

/// Options of `bench --roofline` alone.
struct RooflineOptions: ParsableArguments {
  @Flag(help: "With --roofline: where the time of a step goes, by kind of operation.")
  var kinds = false

  @Option(
    help: ArgumentHelp(
      "With --roofline: this many of the costliest operations of each network and mode.", valueName: "count"))
  var operations = 0

  @Option(
    name: .customLong("stream-mib"),
    help: ArgumentHelp(
      "With --roofline: size of the arrays that bandwidth is measured over (default: four times the last cache).",
      valueName: "MiB"))
  var streamMebibytes: Int?

  /// Refuses what belongs to --roofline elsewhere, and values out of range.
  func checkUse(isChosen: Bool) throws {
    guard isChosen || (!kinds && operations == 0 && streamMebibytes == nil) else {
      throw ValidationError("--kinds, --operations and --stream-mib are for --roofline")
    }
    guard operations >= 0 else { throw ValidationError("--operations must be at least 0, found \(operations)") }
    if let size = streamMebibytes, !(1...65536).contains(size) {
      throw ValidationError("--stream-mib must be 1 to 65536, found \(size)")
    }
  }

  /// Bytes of the arrays: what was asked for, or several times the last cache, within a quarter of the memory.
  var streamBytes: Int {
    if let streamMebibytes { return streamMebibytes << 20 }
    let wanted = max(256 << 20, 4 * (MachineProbe.lastCacheBytes ?? 0))
    return min(wanted, Int(ProcessInfo.processInfo.physicalMemory / 4))
  }
}

extension BenchCommand {
  /// Timed attempts of every lane.
  private static let rooflineSteps = 40
  /// Attempts that are timed operation by operation.
  private static let profiledSteps = 15

  func runRoofline() throws {
    // A thread of its own is bound to processors, and leaves the process as it was.
    let report = try LaneThread.run("bench") { try measureRoofline() }
    try print(lines(of: report), report)
  }

  private func measureRoofline() throws -> RooflineReport {
    let entries = try chosen(from: ZooSizes.entries(size))
    let (lanes, steps) = (lanes ?? "fp32,amp-bf16", steps ?? BenchCommand.rooflineSteps)
    let first = try plan(entries[0].arguments, lanes: lanes, seed: seed, steps: steps)
    let (backend, threads) = (first.backend, first.configuration.threads)
    var report = RooflineReport(
      machine: MachineProbe.description, versions: Version.components, threads: threads,
      streamBytes: rooflineOptions.streamBytes)
    for problem in backend.configureThread(threads: threads, processors: ProcessorSet.allowed, niceness: 0) {
      StandardStream.complain("\(problem)\n")
    }
    let formats = Set(first.policies.map { $0.mode.computeFormat ?? .fp32 } + [.fp32])
    var bench = try RooflineBench(
      backend, threads: threads, formats: NumericFormat.allCases.filter(formats.contains),
      streamBytes: report.streamBytes)
    bench.rounds = min(bench.rounds, steps)
    bench.stepsPerRound = max(1, steps / bench.rounds)
    bench.shouldStop = { SignalFlag.current != nil }
    let isProfiled = rooflineOptions.kinds || rooflineOptions.operations > 0
    bench.profiledSteps = isProfiled ? min(BenchCommand.profiledSteps, steps) : 0
    bench.listedOperations = rooflineOptions.operations
    for (index, entry) in entries.enumerated() {
      StandardStream.complain("\(index + 1)/\(entries.count) \(entry.name)\n")
      let plan = try plan(entry.arguments, lanes: lanes, seed: seed, steps: steps)
      try bench.measure(benchmarkedRun(entry, plan, steps: steps), into: &report)
    }
    return report
  }

  private func lines(of report: RooflineReport) -> [String] {
    let style = markdown ? TableStyle.markdown : .plain
    let machine = report.machine
    var lines = [
      "\(machine.processor), \(machine.allowedProcessors) processors, \(report.threads) threads; \(Version.text)",
      report.explanation, "", report.table(style),
    ]
    if !report.speedups.isEmpty {
      lines += ["", "Speedup over fp32 beside the ratio of the floors", "", report.speedupTable(style)]
    }
    if rooflineOptions.kinds {
      lines += ["", "Where the time goes; floors of operations one by one", "", report.kindTable(style)]
    }
    if !report.operations.isEmpty { lines += ["", "The costliest operations", "", report.operationTable(style)] }
    return lines
  }
}
