import ArgumentParser
import Benchmarks
import DashboardCore
import Foundation
import Training
import TrainingEvents

/// Measures: every network in every mode, whether AMP reaches fp32's result, or what the dashboard costs.
struct BenchCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures speed, memory and accuracy of every network in every mode.",
    discussion: """
      --zoo trains each network some steps in every mode, one step at a time in turns, and prints times, speedups with
      intervals, memory, loss and score. --accuracy trains cnn, resnet and gpt from several seeds and tests whether each
      mode is equivalent to fp32. --ui measures the dashboard on pseudo-terminals of its own: frames, keys, start, and what
      it takes from the lanes. --roofline says how near each step comes to what this machine can multiply and move, measured
      in the same run. --scaling measures step times against batch, width and depth, compile time, switches of precision
      and lanes at once. --guard holds kernels and a step against fixed references in the same process. --against pytorch
      times the same networks in this engine and in PyTorch in turns. Progress goes to standard error, the table to
      standard output.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Flag(help: "Every network in every mode: step time, speedup, memory, loss.")
  var zoo = false

  @Flag(help: "Whether AMP reaches fp32's result: two one-sided t-tests over seeds.")
  var accuracy = false

  @Flag(help: "What the dashboard costs and how quick it is, against its budget.")
  var ui = false

  @OptionGroup(title: "The limit") var rooflineOptions: RooflineOptions
  @OptionGroup(title: "Scaling") var scalingOptions: ScalingOptions
  @OptionGroup(title: "Regressions") var guardOptions: GuardOptions

  @Flag(help: "With --ui and --scaling: a few measurements only, to see that it works.")
  var quick = false

  @OptionGroup var against: AgainstOptions

  @Option(
    help: ArgumentHelp(
      "Networks, separated by commas (default: all, or cnn,resnet,gpt for --accuracy).", valueName: "network,…"))
  var models: String?

  @Option(help: "Size of the networks of --zoo, --roofline and --against: small (minutes on two processors) or full.")
  var size = "small"

  @Option(
    help: ArgumentHelp(
      """
      Precisions, fp32 among them (default: all for --zoo, fp32,amp-bf16,amp-fp16 for --accuracy, fp32,amp-bf16 else; \
      --against takes any of these three).
      """,
      valueName: "mode,…"))
  var lanes: String?

  @Option(help: "Attempts of every lane (default: 72 for --zoo, 40 for --roofline, the network's own for --accuracy).")
  var steps: Int?

  @Option(help: "Number of seeds of --accuracy.")
  var seeds = 5

  @Option(help: "First seed.")
  var seed: UInt64 = 0

  @Option(help: "Compute threads of each lane, and of PyTorch (default: all processors).")
  var threads: Int?

  @Option(help: "Write the report to this file as JSON, or to standard output with -.")
  var json: String?

  @Flag(help: "Print the table as Markdown.")
  var markdown = false

  func validate() throws {
    let choices = [
      zoo, accuracy, ui, rooflineOptions.roofline, scalingOptions.scaling, guardOptions.isOn, against.against != nil,
    ]
    guard choices.count(where: { $0 }) == 1 else {
      throw ValidationError(
        "choose one of --zoo, --accuracy, --ui, --roofline, --scaling, --guard and --against pytorch")
    }
    try rooflineOptions.checkUse()
    try against.validate(steps: steps)
    guard ui || scalingOptions.scaling || !quick else {
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
      if against.against != nil {
        try runAgainst()
      } else if rooflineOptions.roofline {
        try runRoofline()
      } else if scalingOptions.scaling {
        try runScaling()
      } else if guardOptions.isOn {
        try runGuard()
      } else if ui {
        try runUI()
      } else if accuracy {
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
