import ArgumentParser
import Foundation
import ModelZoo
import PrecisionDoctor
import SafetensorsFormat
import Training
import TrainingEvents

/// Predicts from an fp32 run what 16-bit formats would do, and says what to run.
struct DoctorCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Predicts overflow and underflow layer by layer, and recommends a precision.",
    discussion: """
      Trains some steps in fp32 and reads every tensor of the first and the last of them. Says layer by layer what \
      fp16 and bf16 would do, recommends mode, loss scale and layers to keep in fp32, and tries that for one step. --bisect \
      trains a mode again and again to find the fewest layers that close its loss gap to fp32.

      Takes train's options for network, data and optimizer; --steps is the length of the examination (20; 0 for the \
      first batch only), and of every run of --bisect (40). Progress goes to standard error, the report to standard \
      output. Exit status 3: fp32 itself diverges.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var options: RunOptions

  @Flag(help: "Find the smallest set of layers to keep in fp32 that closes the loss gap of --mode.")
  var bisect = false

  @Option(help: "Mode whose gap --bisect closes: amp-fp16, amp-bf16, o2, fp16 or bf16 (default: amp-fp16).")
  var mode: String?

  @Option(help: "Largest gap that counts as closed, in units of the loss (default: 2 % of fp32's loss).")
  var tolerance: Double?

  @Option(help: "Write the report to this file as JSON, or to standard output with -.")
  var json: String?

  func validate() throws {
    try refuseUnused()
    if let steps = options.steps {
      guard steps >= (bisect ? 4 : 0) else {
        throw ValidationError("--steps must be at least \(bisect ? "4 with --bisect" : "0"), found \(steps)")
      }
    }
    if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
      throw ValidationError("--tolerance must be a finite number of at least 0, found \(tolerance)")
    }
  }

  /// Refuses options of `train` that mean nothing here, so that none is silently ignored.
  private func refuseUnused() throws {
    for (option, isStated, reason) in unused where isStated { throw ValidationError("\(option): \(reason)") }
  }

  /// Options that mean nothing here.
  private var unused: [(option: String, isStated: Bool, reason: String)] {
    let precision = options.precision
    let keeps = "doctor finds out what to keep in fp32"
    let always = [
      ("--jsonl", options.jsonl != nil, "doctor writes no events; use --json"),
      ("--save", options.saveWeights != nil, "doctor keeps no weights"),
      ("--schedule", options.schedule != nil, "doctor trains one run at a time"),
      ("--lanes", options.lanes != RunOptions.defaultLanes, "doctor starts from fp32; --mode is for --bisect"),
      ("--fault", !options.numerics.faults.isEmpty, "doctor breaks nothing"),
      ("--numerics", options.numerics.numerics != nil, "doctor reads every tensor anyway"),
      ("--keep-fp32", precision.keepFP32 != nil, keeps),
      ("--keep-batchnorm-fp32", precision.keepBatchNormFP32 != nil, keeps),
      ("--master-weights", precision.masterWeights != nil, keeps),
      ("--stochastic-rounding", precision.stochasticRounding, keeps),
    ]
    if bisect { return always }
    let recommends = "doctor recommends the scale; it belongs to --bisect"
    return always + [
      ("--mode", mode != nil, "it belongs to --bisect"),
      ("--tolerance", tolerance != nil, "it belongs to --bisect"),
      ("--scaler", options.scaler != nil, recommends),
      ("--init-scale", options.initialScale != nil, recommends),
      ("--growth-interval", options.growthInterval != nil, recommends),
    ]
  }

  static func refusedOptions(beside arguments: [String]) -> Set<String> {
    let command = try? parse(arguments.contains("--bisect") ? ["--bisect"] : [])
    return Set(command?.unused.map { String($0.option.dropFirst(2)) } ?? [])
  }

  func run() throws {
    SignalFlag.install()
    do {
      try report()
    } catch DoctorError.diverged(let message) {
      StandardStream.complain("ampscope: \(message)\n")
      throw ExitStatus.diverged
    } catch DoctorError.givenUp {
      throw SignalFlag.current.map(ExitStatus.signal) ?? ExitStatus.failure
    }
  }

  private func report() throws {
    let steps = options.steps ?? (bisect ? 40 : 20)
    let plan = try plan()
    let mode = try SessionFactory.precision(mode ?? "amp-fp16", option: "--mode", backend: plan.backend)
    guard mode.computeFormat != nil else {
      throw ValidationError("--mode \(mode.rawValue): there is no gap to close; name a 16-bit mode")
    }
    let weights = try options.initialWeights.map { try SafetensorsFile(path: $0) }
    tell("examining \(plan.configuration.model.name) in fp32")
    var report = try DoctorReport(
      plan.configuration, on: plan.backend, steps: steps, initialWeights: weights,
      shouldStop: { SignalFlag.current != nil })
    if bisect {
      let format = mode.computeFormat
      let suspects = report.prognoses.first { $0.format == format }?.layers.filter { $0.risk > .none } ?? []
      report.bisection = try LayerBisection(
        training: plan.configuration, on: plan.backend, mode: mode, steps: steps, tolerance: tolerance,
        initialWeights: weights, suspects: suspects.map(\.name), shouldStop: { SignalFlag.current != nil },
        progress: { tell(DoctorCommand.text(of: $0)) })
    }
    try write(report)
  }

  /// The fp32 run that is examined; its schedule is as long as `train`'s, not as the examination.
  private func plan() throws -> SessionFactory.Plan {
    var options = options
    options.lanes = "fp32"
    options.steps = try options.model.modelName().defaults.steps
    return try SessionFactory(options: options, defaultSchedule: .alternating, isLossless: true).makePlan()
  }

  private static func text(of run: LayerBisection.Run) -> String {
    let kept =
      switch run.layers.count {
      case 0: "nothing"
      case 1...3: run.layers.joined(separator: ", ")
      default: "\(run.layers.count) layers"
      }
    return "kept in fp32: \(kept); gap \(run.gap.isFinite ? String(format: "%.4f", run.gap) : "infinite")"
  }

  private func tell(_ line: String) { StandardStream.complain(line + "\n") }

  private func write(_ report: DoctorReport) throws {
    let text = report.text(command: DoctorCommand.trainCommand(try ProgramArguments.current.get().all))
    guard let json else { return try StandardStream.print(text) }
    let data = try report.json()
    if json == "-" { return try StandardStream.print(String(decoding: data, as: UTF8.self)) }
    try StandardStream.print(text)
    do {
      try data.write(to: URL(fileURLWithPath: json))
    } catch {
      throw RecorderError(option: "--json", path: json, reason: error.localizedDescription)
    }
  }

  /// The command that trains what these arguments examine, without what is doctor's own or what it recommends.
  ///
  /// Options of a file stand among the arguments, so that the command needs no file.
  static func trainCommand(_ arguments: [String]) -> String {
    let dropped: Set = ["--config", "--steps", "--mode", "--tolerance", "--json", "--init-scale"]
    var kept: [String] = ["ampscope", "train"]
    var isValue = false
    for argument in arguments.dropFirst() {
      let name = String(argument.prefix { $0 != "=" })
      if isValue {
        isValue = false
      } else if dropped.contains(name) {
        isValue = name == argument
      } else if argument != "--bisect" {
        kept.append(argument.contains { " '\"*?$\\".contains($0) } ? "'\(argument)'" : argument)
      }
    }
    return kept.joined(separator: " ")
  }
}
