import ArgumentParser
import BackendCPU
import Benchmarks
import Datasets
import TensorCore
import Training
import TrainingEvents

extension BenchCommand {
  /// Networks whose kernels are held against their reference, by name in the small zoo, and the modes.
  private static let guarded: [(network: String, modes: [Precision])] = [
    ("cnn", [.fp32, .ampBF16]), ("gpt-micro", [.fp32, .ampBF16]), ("lstm", [.fp32]),
  ]

  func runGuard() throws {
    guard CPUBackend.hasVectorKernels else {
      throw BenchmarkError.badSetting(
        "--guard compares with vectorised kernels; this processor has neither AVX2 nor AVX-512")
    }
    let report = try LaneThread.run("bench") { try measureGuard() }
    let heading = "\(report.machine.processor), one thread; \(Version.text)"
    try print([heading, ""] + report.lines(markdown ? .markdown : .plain), report)
    guard !report.passes else { return }
    for row in report.rows where !row.passes { StandardStream.complain("\(row.name) has become slower\n") }
    throw ExitStatus.unmet
  }

  private func measureGuard() throws -> GuardReport {
    var report = GuardReport(machine: MachineProbe.description, versions: Version.components)
    let backend = CPUBackend()
    for problem in backend.configureThread(threads: 1, processors: ProcessorSet.allowed, niceness: 0) {
      StandardStream.complain("\(problem)\n")
    }
    var bench = GuardBench(backend)
    if let steps { bench.steps = steps }
    bench.shouldStop = { SignalFlag.current != nil }
    do {
      bench.counter = try InstructionCounter()
    } catch {
      report.uncounted = error.description
    }
    StandardStream.complain("a step in plain C\n")
    try measureYardstick(bench, into: &report)
    for entry in ZooSizes.entries("small") {
      guard let modes = BenchCommand.guarded.first(where: { $0.network == entry.name })?.modes else { continue }
      StandardStream.complain("kernels of \(entry.name)\n")
      var plan = try plan(entry.arguments, lanes: "fp32,amp-bf16", seed: seed, steps: bench.steps).configuration
      plan.threads = 1
      for mode in modes {
        try bench.measureKernels(
          entry.name, plan, policy: PrecisionPolicy(mode),
          withReference: { step in try CPUBackend.withReferenceKernels { try step() } }, into: &report)
      }
    }
    return report
  }

  /// A perceptron by the engine and in plain C, on batches of the same size.
  private func measureYardstick(_ bench: GuardBench, into report: inout GuardReport) throws {
    let (batch, hidden, classes) = (128, 512, 10)
    let data = try DataCatalog.open(name: "glyphs").dataset
    let inputs = Shape(data.input.shape).count
    let layers = Sequential(
      Flatten(), Linear(inputs, hidden, bias: false), ReLU(), Linear(hidden, classes, bias: false))
    let model = Model(name: "perceptron", network: layers, input: data.input, task: data.task)
    let configuration = Trainer.Configuration(
      model: model, batches: try ShuffledBatches(dataset: data, batchSize: batch, seed: seed),
      optimizer: .sgd(learningRate: 0.01), seed: seed)
    let yardstick = Yardstick(
      x: (0..<batch * inputs).map { Float($0 % 97) * 0.01 }, labels: (0..<batch).map { Int64($0 % classes) },
      hidden: hidden, classes: classes)
    for mode in [Precision.fp32, .ampBF16] where CPUBackend().support(for: mode).isNative {
      try bench.measureStep(
        "perceptron", configuration, policy: PrecisionPolicy(mode),
        yardstick: { _ = yardstick.step(learningRate: 0.01) }, into: &report)
    }
  }
}
