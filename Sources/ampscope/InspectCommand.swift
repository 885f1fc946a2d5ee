import ArgumentParser
import BackendAPI
import DashboardCore
import Datasets
import GraphCompiler
import GraphIR
import ModelZoo
import TensorCore
import Training
import TrainingEvents

/// Prints what a run would do: graph with casts and their reasons, kernels, parameters, memory plan.
struct InspectCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Prints the graph with every cast and its reason, the kernels and the memory plan.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var options: ModelOptions

  @Option(help: "Precision: fp32, amp-fp16, amp-bf16, amp, o2, fp16 or bf16.")
  var precision = "amp"

  @OptionGroup(title: "Overrides") var overrides: PrecisionOptions

  @Option(
    help:
      "Only one part: parameters, a pass (forward, autocast, autodiff, commit, simplify, schedule), kernels, memory.")
  var stage: String?

  @Option(
    help: ArgumentHelp(
      "A sample: C,H,W of an image (1,28,28), a number of features, or of tokens (64).", valueName: "size,…"))
  var sample: String?

  @Option(help: "Number of classes (10), or of tokens in the vocabulary (64).")
  var classes: Int?

  @Option(help: ArgumentHelp("Users and items of ncf.", valueName: "users,items"))
  var tables = "1000,1000"

  func run() throws {
    let backend = try SessionFactory.backend(options.device)
    let precision = try SessionFactory.precision(precision, option: "--precision", backend: backend)
    let model = try model()
    let batchSize = try options.batchCount()
    let rule = try options.updateRule().kind
    let policy = try overrides.policies(for: [precision])[0]
    let plan = try PrecisionPlan(model: model, batchSize: batchSize, optimizer: rule, policy: policy)
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
    print("model \(model.name), batch \(batchSize), precision \(policy)")
    print(support.explanation)
    let graph = plan.graph
    print("\(graph.trainableCount) parameters, \(graph.floatingPointOperations * 1e-9) GFLOP a step, \(casts(graph))")
    print("\(graph.unavoidableTraffic.total) bytes a step that nothing can avoid moving, see bench --roofline")
    // The graph as the model asks for it and as it runs; --stage prints the passes between.
    for part in parts where ["parameters", "autocast", "schedule", "kernels", "memory"].contains(part.name) {
      print("\n== \(part.name) ==\n\(part.text)")
    }
  }

  /// How many casts a step makes and how many bytes they read and write: what the cast tax is paid for.
  private func casts(_ graph: Graph) -> String {
    var (count, bytes) = (0, 0)
    for node in graph.nodes {
      guard case .cast = node.operation else { continue }
      count += 1
      bytes += graph[node.inputs[0]].type.byteCount + graph[node.outputs[0]].type.byteCount
    }
    return "\(count) casts of \(Double(bytes * 10 / 1_048_576) / 10) MiB"
  }

  /// The network on samples that stand for a data set's: no data is opened.
  private func model() throws -> Model {
    if let classes, classes < 1 { throw ValidationError("--classes must be at least 1, found \(classes)") }
    switch try options.modelName() {
    case .mlp, .cnn, .resnet, .vit:
      return try options.model(
        input: SampleType(.float32, try extents("--sample", sample ?? "1,28,28", counts: [1, 3])),
        task: .classification(classes: classes ?? 10), tableSizes: nil)
    case .unet:
      return try options.model(
        input: SampleType(.float32, try extents("--sample", sample ?? "1,28,28", counts: [3])),
        task: .segmentation(classes: classes ?? 10), tableSizes: nil)
    case .lstm, .gpt:
      return try options.model(
        input: SampleType(.int64, try extents("--sample", sample ?? "64", counts: [1])),
        task: .language(vocabulary: classes ?? 64), tableSizes: nil)
    case .ncf:
      return try options.model(
        input: SampleType(.int64, [2]), task: .interaction, tableSizes: try extents("--tables", tables, counts: [2]))
    }
  }

  private func extents(_ option: String, _ text: String, counts: [Int]) throws -> [Int] {
    let extents = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard extents.allSatisfy({ $0 > 0 }), counts.contains(extents.count) else {
      let expected = counts.map(String.init).joined(separator: " or ")
      throw ValidationError(
        "\(option) of \(options.model) takes \(expected) whole numbers above 0, with commas between, found \"\(text)\"")
    }
    return extents
  }

  private func parameterText(_ layout: StateLayout) -> String {
    layout.entries.map { entry in
      let kind =
        switch entry.kind {
        case .parameter: "parameter"
        case .statistic: "statistic"
        case .optimizer: "optimizer"
        }
      return "\(kind) \(entry.name) \(entry.dtype.rawValue)\(entry.shape) at byte \(entry.offset)"
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
