import ArgumentParser
import BackendAPI
import DashboardCore
import GraphCompiler
import GraphIR
import Training
import TrainingEvents

/// Prints what a run would do: graph with casts and their reasons, kernels, parameters, memory plan.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Prints the graph with every cast and its reason, the kernels and the memory plan.")

  @OptionGroup var options: ModelOptions

  @Option(help: "Precision: fp32, amp-fp16, amp-bf16 or amp.")
  var precision = "amp"

  @Option(
    help:
      "Only one part: parameters, a pass (forward, autocast, autodiff, commit, simplify, schedule), kernels, memory.")
  var stage: String?

  @Option(help: "Shape of a sample, C,H,W.")
  var sample = "1,28,28"

  @Option(help: "Number of classes.")
  var classes = 10

  func run() throws {
    let backend = try SessionFactory.backend(options.device)
    let precision = try SessionFactory.precision(precision, option: "--precision", backend: backend)
    let model = try options.model(sampleShape: try sampleShape(), classCount: classes)
    let rule = try options.updateRule().kind
    let plan = try PrecisionPlan(model: model, batchSize: options.batchSize, optimizer: rule, precision: precision)
    let layout = StateLayout(parameters: plan.graph.parameters, optimizer: rule)
    let threads = try options.threadCount(schedule: .alternating, lanes: 1)
    let executable = try backend.compile(plan.graph, layout: layout, threads: threads)

    var parts: [(name: String, text: String)] = [("parameters", parameterText(layout))]
    parts += plan.stages.map { ($0.name, $0.graph.description) }
    parts.append(("kernels", kernelText(executable)))
    parts.append(("memory", memoryText(executable.plan, layout)))
    if let stage {
      guard let part = parts.first(where: { $0.name == stage }) else {
        throw ValidationError(
          "--stage: unknown part \"\(stage)\"\(NearestName.hint(for: stage, among: parts.map(\.name)))")
      }
      print(part.text)
      return
    }
    let support = backend.support(for: precision)
    print("model \(options.model), batch \(options.batchSize), precision \(precision.rawValue)")
    if let support { print(support.explanation) }
    let graph = plan.graph
    print("\(graph.trainableCount) parameters, \(graph.floatingPointOperations * 1e-9) GFLOP a step")
    // The graph as the model asks for it and as it runs; --stage prints the passes between.
    for part in parts where ["parameters", "autocast", "schedule", "kernels", "memory"].contains(part.name) {
      print("\n== \(part.name) ==\n\(part.text)")
    }
  }

  private func sampleShape() throws -> [Int] {
    let shape = sample.split(separator: ",").compactMap { Int($0) }
    guard !shape.isEmpty, shape.allSatisfy({ $0 > 0 }), shape.count == 1 || shape.count == 3 else {
      throw ValidationError("--sample takes C,H,W or a number of features, found \"\(sample)\"")
    }
    return shape
  }

  private func parameterText(_ layout: StateLayout) -> String {
    layout.entries.map { entry in
      let kind =
        switch entry.kind {
        case .parameter: "parameter"
        case .statistic: "statistic"
        case .optimizer: "optimizer"
        }
      return "\(kind) \(entry.name) f32\(entry.shape) at byte \(entry.offset)"
    }.joined(separator: "\n")
  }

  private func kernelText(_ executable: any Executable) -> String {
    zip(executable.graph.nodes, executable.implementations).enumerated().map { number, pair in
      "\(number) \(pair.0.operation.name) \(pair.0.layer): \(pair.1)"
    }.joined(separator: "\n")
  }

  private func memoryText(_ plan: MemoryPlan, _ layout: StateLayout) -> String {
    "state \(layout.byteCount) bytes (parameters \(layout.byteCount(of: .parameter)), statistics "
      + "\(layout.byteCount(of: .statistic)), optimizer \(layout.byteCount(of: .optimizer)))\n\(plan)"
  }
}
