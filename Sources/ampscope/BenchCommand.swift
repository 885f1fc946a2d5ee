import ArgumentParser
import Benchmarks
import DashboardCore
import Foundation
import Training
import TrainingEvents

/// Measures speed, memory, accuracy, limits, growth, regressions, and the dashboard itself.
struct BenchCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures speed, memory and accuracy of every network in every mode, and more.",
    usage: "ampscope bench <what to measure> [<options>]",
    discussion: """
      Choose one thing to measure. Progress goes to standard error, tables to standard output. What is measured, how, \
      and with what result stands in the documentation, on the page Benchmarks. Times are worth something only where \
      nothing else computes on the machine.

      Examples:

        ampscope bench --zoo --models mlp,gpt --lanes fp32,amp-bf16
        ampscope bench --zoo --steps 40 --json zoo.json
        ampscope bench --against pytorch --python .venv/bin/python --size full
        ampscope bench --roofline --kinds --models cnn
        ampscope bench --guard --markdown
      """)

  @OptionGroup(title: "What to measure (one of these)") var choice: BenchChoice
  @OptionGroup(title: "The limit in detail") var rooflineOptions: RooflineOptions
  @OptionGroup(title: "PyTorch") var against: AgainstOptions

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Option(
    help: ArgumentHelp(
      """
      Networks, as in train's --model or as in the tables, separated by commas (default: all, or cnn,resnet,gpt for \
      --accuracy).
      """, valueName: "network,…"))
  var models: String?

  @Option(
    help: ArgumentHelp(
      "Size of the networks of --zoo, --roofline and --against: small, which takes minutes, or full.",
      valueName: "small|full"))
  var size = "small"

  @Option(
    help: ArgumentHelp(
      """
      Precisions, fp32 among them (default: all for --zoo, fp32,amp-bf16,amp-fp16 for --accuracy, fp32,amp-bf16 else; \
      --against takes any of these three).
      """,
      valueName: "mode,…"))
  var lanes: String?

  @Option(
    help: ArgumentHelp(
      """
      Attempts of every lane (default: 72 for --zoo, 40 for --roofline, 30 for --scaling, 25 for --guard, the \
      network's own for --accuracy).
      """, valueName: "count"))
  var steps: Int?

  @Option(help: ArgumentHelp("Number of seeds of --accuracy.", valueName: "count"))
  var seeds = 5

  @Option(help: "First seed.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp("Compute threads of each lane, and of PyTorch (default: all processors).", valueName: "count"))
  var threads: Int?

  @Flag(help: "With --ui and --scaling: a few measurements only, to see that it works.")
  var quick = false

  @Option(
    help: ArgumentHelp("Write the report to this file as JSON, or to standard output with -.", valueName: "file"))
  var json: String?

  @Flag(help: "Print tables as Markdown.")
  var markdown = false

  func validate() throws {
    try rooflineOptions.checkUse(isChosen: choice.roofline)
    try against.checkUse(isChosen: choice.against != nil, steps: steps)
    guard choice.ui || choice.scaling || !quick else {
      throw ValidationError("--quick is for --ui and --scaling; make --zoo shorter with --steps")
    }
    if let steps, steps < 1 { throw ValidationError("--steps must be at least 1, found \(steps)") }
    guard (2...100).contains(seeds) else {
      throw ValidationError("--seeds must be 2 to 100: a single seed has no spread; found \(seeds)")
    }
    guard ZooSizes.names.contains(size) else {
      throw ValidationError("--size: unknown size \"\(size)\"\(NearestName.hint(for: size, among: ZooSizes.names))")
    }
  }

  func run() throws {
    SignalFlag.install()
    do {
      if choice.against != nil {
        try runAgainst()
      } else if choice.roofline {
        try runRoofline()
      } else if choice.scaling {
        try runScaling()
      } else if choice.regressions {
        try runGuard()
      } else if choice.ui {
        try runUI()
      } else if choice.accuracy {
        try runAccuracy()
      } else {
        try runZoo()
      }
    } catch BenchmarkError.givenUp {
      throw SignalFlag.current.map(ExitStatus.signal) ?? ExitStatus.failure
    }
  }

  // MARK: What the benches share

  func chosen(from entries: [ZooSizes.Entry]) throws -> [ZooSizes.Entry] {
    guard let models else { return entries }
    let names = entries.map(\.model) + entries.map(\.name)
    return try models.split(separator: ",").flatMap { part in
      let name = part.trimmingCharacters(in: .whitespaces)
      let found = entries.filter { $0.model == name || $0.name == name }
      guard !found.isEmpty else {
        throw ValidationError("--models: unknown network \"\(name)\"\(NearestName.hint(for: name, among: names))")
      }
      return found
    }
  }

  func plan(_ arguments: [String], lanes: String, seed: UInt64, steps: Int) throws -> SessionFactory.Plan {
    var all = arguments + ["--lanes", lanes, "--seed", String(seed), "--steps", String(steps)]
    if let threads { all += ["--threads", String(threads)] }
    let plan = try SessionFactory(
      options: RunOptions.parse(all), defaultSchedule: .alternating, isLossless: true
    ).makePlan()
    guard plan.policies.contains(where: { $0.mode == .fp32 }) else {
      throw ValidationError("--lanes: a bench compares with fp32; name it among the lanes")
    }
    return plan
  }

  func benchmarkedRun(_ entry: ZooSizes.Entry, _ plan: SessionFactory.Plan, steps: Int) -> BenchmarkedRun {
    BenchmarkedRun(
      name: entry.name, configuration: plan.configuration, dataset: plan.dataset, data: plan.data,
      policies: plan.policies, steps: steps)
  }

  func measure(
    _ run: BenchmarkedRun, on plan: SessionFactory.Plan, _ position: String
  ) throws -> RunSummary {
    let isTerminal = isatty(STDERR_FILENO) == 1
    if !isTerminal { StandardStream.complain("\(position) \(run.name)\n") }
    defer { if isTerminal { StandardStream.complain("\r\u{1B}[K") } }
    return try run.run(
      on: plan.backend, machine: MachineProbe.description, versions: Version.components,
      shouldStop: { SignalFlag.current != nil },
      progress: { progress in
        guard isTerminal else { return }
        let state = progress.attempts < progress.steps ? "attempt \(progress.attempts)/\(progress.steps)" : "evaluating"
        StandardStream.complain("\r\u{1B}[K\(position) \(progress.name): \(state)")
      })
  }

  func print(_ lines: [String], _ report: some Encodable) throws {
    guard let json else { return try StandardStream.print(lines.joined(separator: "\n") + "\n") }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let data = try encoder.encode(report) + Data("\n".utf8)
    if json == "-" { return try StandardStream.print(String(decoding: data, as: UTF8.self)) }
    try StandardStream.print(lines.joined(separator: "\n") + "\n")
    do {
      try data.write(to: URL(fileURLWithPath: json))
    } catch {
      throw RecorderError(option: "--json", path: json, reason: error.localizedDescription)
    }
  }
}
