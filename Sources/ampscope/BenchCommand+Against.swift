import ArgumentParser
import BackendAPI
import Benchmarks
import DashboardCore
import Datasets
import Foundation
import ModelZoo
import Training
import TrainingEvents

/// Options of `bench --against` alone.
struct AgainstOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "With --against: the Python in which PyTorch is installed, for example .venv/bin/python.", valueName: "file"))
  var python: String?

  @Option(
    help: ArgumentHelp(
      "With --against: the folder with the networks in PyTorch (default: Tests/Reference).", valueName: "folder"))
  var twins: String?

  @Option(help: "With --against: rounds in which every side has a segment (default: 10).")
  var rounds: Int?

  /// Refuses what belongs to --against elsewhere, and values out of range; `steps` is bench's own option.
  func checkUse(isChosen: Bool, steps: Int?) throws {
    guard isChosen else {
      for (name, isGiven) in [("--python", python != nil), ("--twins", twins != nil), ("--rounds", rounds != nil)]
      where isGiven {
        throw ValidationError("\(name) is for --against pytorch")
      }
      return
    }
    guard python != nil else {
      throw ValidationError(
        "--against pytorch needs --python, the Python in which PyTorch is installed, for example .venv/bin/python")
    }
    guard steps == nil else { throw ValidationError("--steps is not for --against; make it shorter with --rounds") }
    if let rounds, !(1...1000).contains(rounds) {
      throw ValidationError("--rounds must be 1 to 1000, found \(rounds)")
    }
  }
}

/// This engine beside PyTorch.
extension BenchCommand {
  /// Measures every network; a network that cannot be compared is a row with an error, and the status is 1 then.
  func runAgainst() throws {
    let entries = try chosen(from: ZooSizes.entries(size))
    let lanes = try comparableLanes()
    let (allowed, rounds) = (ProcessorSet.allowed, against.rounds ?? 10)
    let threads = threads ?? allowed.count
    let processors = Array(allowed.prefix(max(threads, 0)))
    var report = AgainstReport(
      machine: MachineProbe.description, versions: Version.components, threads: threads, processors: processors,
      rounds: rounds)
    for (index, entry) in entries.enumerated() {
      let plan = try plan(withoutDropout(entry), lanes: "fp32", seed: seed, steps: 1)
      // One process a network: nothing of one can slow the next.
      let process = try TwinProcess(
        python: against.python ?? "", twins: against.twins ?? "Tests/Reference",
        environment: ProcessInfo.processInfo.environment, shouldStop: { SignalFlag.current != nil })
      defer { process.end() }
      try process.start(threads: threads, processors: processors)
      report.versions["PyTorch"] = process.version
      let progress = ProgressLine("\(index + 1)/\(entries.count) \(entry.name)")
      report.add(try rows(entry, plan, lanes, rounds, process, processors, progress))
      progress.clear()
    }
    try print(lines(of: report), report)
    if report.hasErrors { throw ExitStatus.failure }
  }

  private func rows(
    _ entry: ZooSizes.Entry, _ plan: SessionFactory.Plan, _ lanes: [Precision], _ rounds: Int, _ process: TwinProcess,
    _ processors: [Int], _ progress: ProgressLine
  ) throws -> [AgainstReport.Row] {
    do {
      var configuration = plan.configuration
      configuration.scaler = .automatic(GradScaler.Preset.torch.settings)
      let run = AgainstRun(
        name: entry.name, configuration: configuration, twin: try twin(of: entry, configuration), precisions: lanes,
        rounds: rounds)
      return try run.measure(
        on: plan.backend, against: process, processors: processors, shouldStop: { SignalFlag.current != nil },
        progress: { progress.show($0) })
    } catch BenchmarkError.givenUp {
      throw BenchmarkError.givenUp
    } catch {
      return lanes.map {
        AgainstReport.Row(
          network: entry.name, precision: $0, batch: plan.configuration.samplesPerStep, error: "\(error)")
      }
    }
  }

  /// Arguments of a network whose masks, from two random number generators, cannot differ.
  private func withoutDropout(_ entry: ZooSizes.Entry) -> [String] {
    let hasDropout = ["mlp", "cnn", "lstm", "gpt", "vit"].contains(entry.model)
    return entry.arguments + (hasDropout ? ["--dropout", "0"] : [])
  }

  private func twin(of entry: ZooSizes.Entry, _ configuration: Trainer.Configuration) throws -> TwinDescription {
    let options = try RunOptions.parse(withoutDropout(entry)).model
    let (name, batches) = (try options.modelName(), configuration.batches)
    return try ModelCatalog.twin(
      name, input: batches.input, task: batches.task, tableSizes: batches.tableSizes,
      sizes: try options.sizes.sizes(for: name))
  }

  private func comparableLanes() throws -> [Precision] {
    let backend = try SessionFactory.backend("cpu")
    let lanes = try SessionFactory.precisions(lanes ?? "fp32,amp-bf16", backend: backend)
    for lane in lanes where !AgainstRun.comparable.contains(lane) {
      let names = AgainstRun.comparable.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--lanes: PyTorch is compared in \(names), not in \(lane.rawValue)")
    }
    guard Set(lanes).count == lanes.count else { throw ValidationError("--lanes names a precision twice") }
    return lanes
  }

  private func lines(of report: AgainstReport) -> [String] {
    let style = markdown ? TableStyle.markdown : .plain
    let heading = "\(report.machine.processor), \(report.machine.allowedProcessors) processors; \(Version.text)"
    let remarks = report.remarks.isEmpty ? [] : [""] + report.remarks
    return [heading] + report.conditions + ["", report.table(style)] + remarks + [""] + report.meanLines
      + ["", "Memory at the peak of a step, with parameters and optimizer state", "", report.memoryTable(style)]
  }
}

/// Where a bench stands, on standard error: one line that changes on a terminal, lines where it is a file.
private struct ProgressLine: Sendable {
  let position: String
  private let isTerminal = isatty(STDERR_FILENO) == 1

  init(_ position: String) { self.position = position }

  func show(_ text: String) {
    StandardStream.complain(isTerminal ? "\r\u{1B}[K\(position): \(text)" : "\(position): \(text)\n")
  }

  func clear() { if isTerminal { StandardStream.complain("\r\u{1B}[K") } }
}
