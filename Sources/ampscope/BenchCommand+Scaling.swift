import ArgumentParser
import BackendAPI
import Benchmarks
import Training
import TrainingEvents

/// The networks of `bench --scaling`, as arguments of `ampscope train`.
enum ScalingSizes {
  /// One network at growing size.
  struct Axis {
    var network: String
    var dimension: String
    /// Option that grows, and its values.
    var option: String
    var values: [Int]
    /// Arguments that stay.
    var arguments: String
  }

  static let axes = [
    Axis(
      network: "resnet", dimension: "batch", option: "--batch", values: [16, 32, 64],
      arguments: "--model resnet --depth 8 --width 16 --data glyphs"),
    Axis(
      network: "resnet", dimension: "width", option: "--width", values: [16, 32, 64],
      arguments: "--model resnet --depth 8 --batch 16 --data glyphs"),
    Axis(
      network: "resnet", dimension: "depth", option: "--depth", values: [8, 14, 26],
      arguments: "--model resnet --width 16 --batch 16 --data glyphs"),
    Axis(
      network: "gpt", dimension: "batch", option: "--batch", values: [4, 8, 16],
      arguments: "--model gpt --size micro --data grammar"),
    Axis(
      network: "gpt", dimension: "width", option: "--width", values: [64, 128, 256],
      arguments: "--model gpt --size micro --heads 4 --batch 4 --data grammar"),
    Axis(
      network: "gpt", dimension: "depth", option: "--layers", values: [2, 4, 8],
      arguments: "--model gpt --size micro --batch 4 --data grammar"),
  ]

  /// Networks whose compilation is timed, by name in the full zoo: the most parameters, and the most operations.
  static let largest = ["gpt-124m", "resnet-50"]

  /// Networks whose lanes switch and share, by name in the small zoo.
  static let shared = ["mlp", "cnn"]

  /// Little of everything, to see that it works.
  static let quickAxes = [
    Axis(
      network: "mlp", dimension: "batch", option: "--batch", values: [4, 8, 16],
      arguments: "--model mlp --hidden 16 --layers 1 --data glyphs")
  ]
}

extension BenchCommand {
  /// Timed attempts at every size.
  private static let scalingSteps = 30

  func runScaling() throws {
    var recorded = ScalingReport(machine: MachineProbe.description, versions: Version.components, threads: 1)
    let progress: (String) -> Void = { StandardStream.complain("dashboard: \($0)\n") }
    let recordedBench = quick ? RecordedStepsBench.quick(progress) : RecordedStepsBench(progress: progress)
    try recordedBench.run(into: &recorded)
    var report = try LaneThread.run("bench") { try measureGrowth() }
    report.recordings = recorded.recordings
    let machine = report.machine
    var bench = SessionBench(try SessionFactory.backend("cpu"), machine: machine)
    bench.shouldStop = { SignalFlag.current != nil }
    if quick { (bench.switches, bench.rounds, bench.stepsPerRound) = (3, 1, 10) }
    let modes = try laneModes()
    if machine.allowedProcessors < 2 {
      StandardStream.complain("one processor only: no lanes at once are measured\n")
    } else {
      for entry in try sharedEntries() {
        StandardStream.complain("lanes of \(entry.name)\n")
        var run = benchmarkedRun(entry, try scalingPlan(entry.arguments), steps: 1)
        run.configuration.threads = 1
        if let other = modes.first(where: { $0 != .fp32 }) {
          try bench.measureSwitching(run, between: .fp32, and: other, into: &report)
        }
        for mode in modes { try bench.measureSharing(run, mode, into: &report) }
      }
      report = try LaneThread.run("bench") { [report] in try withSharedBandwidth(report) }
    }
    let heading =
      "\(machine.processor), \(machine.allowedProcessors) processors, \(report.threads) threads where one lane runs; "
      + Version.text
    try print([heading, ""] + report.lines(markdown ? .markdown : .plain), report)
  }

  /// The report with what memory gives two processors at once.
  private func withSharedBandwidth(_ report: ScalingReport) throws -> ScalingReport {
    StandardStream.complain("memory\n")
    let backend = try SessionFactory.backend("cpu")
    for problem in backend.configureThread(threads: 2, processors: ProcessorSet.allowed, niceness: 0) {
      StandardStream.complain("\(problem)\n")
    }
    var (report, bench) = (report, ScalingBench(backend))
    bench.shouldStop = { SignalFlag.current != nil }
    try bench.measureSharedBandwidth(
      streamBytes: quick ? 6 << 20 : rooflineOptions.streamBytes, into: &report)
    return report
  }

  /// What one lane shows: growth and compilation.
  private func measureGrowth() throws -> ScalingReport {
    let axes = quick ? ScalingSizes.quickAxes : ScalingSizes.axes
    let first = try scalingPlan(axes[0].arguments(of: axes[0].values[0]))
    let (backend, count) = (first.backend, first.configuration.threads)
    var report = ScalingReport(machine: MachineProbe.description, versions: Version.components, threads: count)
    for problem in backend.configureThread(threads: count, processors: ProcessorSet.allowed, niceness: 0) {
      StandardStream.complain("\(problem)\n")
    }
    var bench = ScalingBench(backend)
    bench.steps = steps ?? (quick ? 3 : BenchCommand.scalingSteps)
    bench.shouldStop = { SignalFlag.current != nil }
    let policies = first.policies
    let largest = quick ? ["ncf"] : ScalingSizes.largest
    for entry in ZooSizes.entries("full") where largest.contains(entry.name) {
      StandardStream.complain("compiling \(entry.name)\n")
      let plan = try scalingPlan(entry.arguments)
      for policy in policies {
        try bench.measureCompilation(of: entry.name, plan.configuration, policy: policy, into: &report)
      }
    }
    for axis in axes {
      StandardStream.complain("\(axis.network) by \(axis.dimension)\n")
      let sizes = try axis.values.map { (String($0), try scalingPlan(axis.arguments(of: $0)).configuration) }
      for policy in policies {
        try bench.measureAxis(axis.dimension, of: axis.network, sizes: sizes, policy: policy, into: &report)
      }
    }
    for entry in ZooSizes.entries("small") where quick ? entry.name == "ncf" : entry.name != "ncf" {
      StandardStream.complain("recomputing \(entry.name)\n")
      let plan = try scalingPlan(entry.arguments)
      for policy in policies {
        try bench.measureRecomputation(of: entry.name, plan.configuration, policy: policy, into: &report)
      }
    }
    return report
  }

  private var scalingLanes: String { lanes ?? "fp32,amp-bf16" }

  private func laneModes() throws -> [Precision] {
    try SessionFactory.precisions(scalingLanes, backend: SessionFactory.backend("cpu"))
  }

  private func scalingPlan(_ arguments: [String]) throws -> SessionFactory.Plan {
    try plan(arguments, lanes: scalingLanes, seed: seed, steps: steps ?? BenchCommand.scalingSteps)
  }

  private func sharedEntries() throws -> [ZooSizes.Entry] {
    let entries = ZooSizes.entries("small")
    if models != nil { return try chosen(from: entries) }
    return entries.filter { (quick ? ["ncf"] : ScalingSizes.shared).contains($0.name) }
  }
}

extension ScalingSizes.Axis {
  fileprivate func arguments(of value: Int) -> [String] {
    arguments.split(separator: " ").map(String.init) + [option, String(value)]
  }
}
