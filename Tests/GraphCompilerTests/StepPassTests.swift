import BackendCPU
import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Passes over a whole step")
struct StepPassTests {
  private static func networks() throws -> [Graph] {
    [
      try perceptron(), try residualNetwork(), try languageModel(), try sequenceClassifier(), try segmentation(),
      try recommender(),
    ]
  }

  /// All stages of a training step with the gradients as outputs from differentiation on.
  private func stages(_ network: Graph, _ format: DType?) throws -> [(name: String, graph: Graph)] {
    var joint = try differentiate(fuseActivations(autocast(network, to: format)))
    for (parameter, gradient) in joint.gradients { joint.graph.setOutput("gradient of \(parameter)", gradient) }
    let committed = try appendCommit(UnscaledGradients(joint), optimizer: anyOptimizer)
    let copied = try keepLowPrecisionCopies(committed)
    let folded = try removeDeadNodes(foldWideningCasts(copied))
    return [("commit", committed), ("copies", copied), ("simplify", folded), ("schedule", try schedule(folded))]
  }

  @Test("no pass changes a bit of loss, logits or gradients", arguments: [nil, DType.float16, .bfloat16])
  func exact(_ format: DType?) throws {
    for network in try Self.networks() {
      let stages = try stages(network, format)
      let feed = randomFeed(network)
      let expected = try referenceOutputs(stages[0].graph, feed)
      #expect(expected.count == 2 + network.parameters.count(where: \.isTrainable))
      for stage in stages.dropFirst() {
        try stage.graph.verify()
        #expect(try referenceOutputs(stage.graph, feed) == expected, "\(stage.name)")
      }
    }
  }

  @Test("the commit takes loss, verdict, gradients and pending statistics in order")
  func commit() throws {
    let stages = try CompilerPipeline(autocastFormat: nil).trainingStages(residualNetwork(), optimizer: anyOptimizer)
    #expect(
      stages.map(\.name) == [
        "forward", "autocast", "fuse activations", "autodiff", "commit", "low-precision copies", "simplify", "schedule",
      ])
    let graph = try #require(stages.last).graph
    let commit = try #require(graph.node(named: "commit"))
    guard case .commit(let attributes) = commit.operation else { return }
    #expect(attributes.parameters == graph.parameters.filter(\.isTrainable).map(\.name))
    #expect(
      attributes.statistics == [
        "stem.norm.running_mean", "stem.norm.running_var", "block.norm.running_mean", "block.norm.running_var",
      ])
    #expect(graph[commit.inputs[0]].origin == graph.outputs["loss"].map { graph[$0].origin })
    let unscale = try #require(graph.producer(of: commit.inputs[1]))
    #expect(unscale.operation == .unscale)
    #expect(Array(commit.inputs[2..<attributes.firstStatistic]) == unscale.inputs)
    for (name, pending) in zip(attributes.statistics, commit.inputs.suffix(4)) {
      let norm = try #require(graph.producer(of: pending))
      let source = try #require(graph.source(name))
      let operand = try #require(norm.inputs.firstIndex(of: source))
      #expect(norm.outputs[operand] == pending, "\(name)")
    }
    #expect(graph.nodes.last?.operation == commit.operation)
  }

  @Test("the commit refuses a graph without a loss")
  func commitWithoutLoss() throws {
    var joint = try differentiate(perceptron())
    joint.graph.outputs = [:]
    let unscaled = try UnscaledGradients(joint)
    let error = #expect(throws: GraphError.self) { try appendCommit(unscaled, optimizer: anyOptimizer) }
    #expect(error?.code == .name)
  }

  @Test("16-bit copies replace the casts of parameters, and the commit knows them")
  func copies() throws {
    let graph = try stages(perceptron(), .bfloat16)[3].graph
    let copies = graph.values.filter { if case .lowPrecisionCopy = $0.origin { true } else { false } }
    #expect(copies.map(\.origin) == ["1.weight", "1.bias", "4.weight", "4.bias"].map { .lowPrecisionCopy(of: $0) })
    guard case .commit(let attributes) = graph.node(named: "commit")?.operation else {
      Issue.record("no commit")
      return
    }
    #expect(attributes.copies == copies.map(\.id))
    // What is left of narrowing is the input.
    #expect(graph.operationNames.count { $0 == "cast_bf16" } == 2, "the input and the gradient of the logits")
    let plain = try CompilerPipeline(autocastFormat: nil).trainingStages(perceptron(), optimizer: anyOptimizer)
    #expect(plain.allSatisfy { !$0.graph.operationNames.contains { $0.hasPrefix("cast") } })
  }

  @Test("a parameter cast to both formats keeps the second cast")
  func twoFormats() throws {
    var builder = GraphBuilder(isTraining: true)
    let weight = try builder.parameter("w", [2], .constant(0))
    builder.output("half", try builder.apply(.cast(.float16), weight))
    builder.output("brain", try builder.apply(.cast(.bfloat16), weight))
    let copied = try keepLowPrecisionCopies(builder.graph)
    #expect(copied.operationNames == ["cast_bf16"])
    #expect(copied.outputs.mapValues { copied[$0].type.dtype } == ["half": .float16, "brain": .bfloat16])
  }

  @Test("the end of a step reads 16-bit gradients without a cast, but never one of the loss")
  func widening() throws {
    let stages = try CompilerPipeline(autocastFormat: .float16).trainingStages(perceptron(), optimizer: anyOptimizer)
    let graph = try #require(stages.last).graph
    let commit = try #require(graph.node(named: "commit"))
    #expect(commit.inputs.map { graph[$0].type.dtype } == [.float32, .float32] + Array(repeating: .float16, count: 4))
    #expect(graph.node(named: "unscale")?.inputs == Array(commit.inputs[2...]))
    // The only widening left is that of the logits before the loss.
    #expect(graph.operationNames.count { $0 == "cast_f32" } == 1)
  }

  @Test("dead nodes go, with what only they used; outputs and the commit stay")
  func deadNodes() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(2, 3))
    let used = try builder.apply(.gelu, x)
    _ = try builder.apply(.add, try builder.apply(.relu, x), used)
    builder.output("y", used)
    #expect(try removeDeadNodes(builder.graph).operationNames == ["gelu"])
    let step = try appendCommit(UnscaledGradients(differentiate(perceptron())), optimizer: anyOptimizer)
    #expect(try removeDeadNodes(step).operationNames == step.operationNames)
  }

  @Test(
    "the schedule runs the same nodes, every cast right before its first use",
    arguments: [
      DType.float16, .bfloat16,
    ])
  func schedules(_ format: DType) throws {
    let stages = try stages(residualNetwork(), format)
    let (before, after) = (stages[2].graph, stages[3].graph)
    #expect(before.operationNames.sorted() == after.operationNames.sorted())
    for (number, node) in after.nodes.enumerated() {
      guard case .cast = node.operation else { continue }
      guard let use = after.nodes.firstIndex(where: { $0.inputs.contains(node.outputs[0]) }) else { continue }
      let between = after.nodes[(number + 1)..<use]
      #expect(between.allSatisfy { if case .cast = $0.operation { true } else { false } }, "\(after.line(of: node))")
    }
    #expect(try schedule(after) == after, "scheduling a schedule changes nothing")
  }

  @Test(
    "the schedule makes a large gradient only when it is added, out of a small one that waits",
    arguments: [nil, DType.float16, .bfloat16])
  func waitingGradients(_ format: DType?) throws {
    let network = try shrinkingBlock()
    let stages = try CompilerPipeline(autocastFormat: format).trainingStages(network, optimizer: anyOptimizer)
    let (before, after) = (stages[stages.count - 2].graph, stages[stages.count - 1].graph)
    func skipGradient(_ graph: Graph) throws -> Int {
      try #require(graph.nodes.firstIndex { $0.layer == "skip" && $0.operation.name == "conv2d_backward_data" })
    }
    let sum = try #require(after.nodes.lastIndex { $0.operation == .add && $0.phase == .backward })
    #expect(try skipGradient(before) < sum - 9, "before those of three convolutions and tanh")
    #expect(try skipGradient(after) == sum - 1)
    #expect(planMemory(after, scratch: [:]).lowerBound < planMemory(before, scratch: [:]).lowerBound)
    #expect(try schedule(after) == after, "scheduling a schedule changes nothing")
    let feed = randomFeed(before)
    #expect(try referenceOutputs(before, feed) == referenceOutputs(after, feed))
  }

  @Test("the schedule sums a gradient right behind the node that makes it", arguments: [nil, DType.float16, .bfloat16])
  func sums(_ format: DType?) throws {
    let pipeline = CompilerPipeline(autocastFormat: format, microBatches: 2)
    let stages = try pipeline.trainingStages(languageModel(), optimizer: anyOptimizer)
    let (before, after) = (stages[stages.count - 2].graph, stages[stages.count - 1].graph)
    #expect(before.operationNames.sorted() == after.operationNames.sorted())
    let plan = planMemory(after, scratch: [:])
    for (number, node) in after.nodes.enumerated() where node.operation == .accumulate {
      let producer = try #require(after.nodes[..<number].lastIndex { $0.operation != .accumulate })
      #expect(after.nodes[producer].outputs.contains(node.inputs[0]), "\(after.line(of: node))")
      let block = try #require(plan.blockOfValue[node.inputs[0]])
      #expect(plan.blocks[block].lifetime.upperBound == number, "the gradient dies in its sum")
    }
    #expect(plan.lowerBound <= planMemory(before, scratch: [:]).lowerBound)
    #expect(try schedule(after) == after, "scheduling a schedule changes nothing")
    let feed = microBatchFeed(try languageModel(), count: 2)
    #expect(try referenceOutputs(after, feed) == referenceOutputs(before, feed))
  }
}

/// A residual block whose skip connection and main branch both shrink the image.
private func shrinkingBlock() throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: true)
  let image = builder.input("x", f32(16, 2, 8, 8))
  let labels = builder.input("labels", TensorType(.int64, [16]))
  let x = try builder.apply(.tanh, try builder.convolution(image, 4))
  func strided(_ name: String) throws(GraphError) -> ValueID {
    try builder.scope(name) { builder throws(GraphError) in
      let weight = try builder.parameter("weight", [8, 4, 3, 3], .uniform(bound: 0.3))
      return try builder.apply(
        .conv2d(ConvolutionAttributes(kernel: [3, 3], stride: [2, 2], padding: [1, 1])), x, weight)
    }
  }
  var main = try builder.apply(.tanh, try strided("main"))
  for name in ["second", "third"] {
    main = try builder.scope(name) { builder throws(GraphError) in
      try builder.apply(.tanh, try builder.convolution(main, 8))
    }
  }
  let sum = try builder.apply(.add, main, try strided("skip"))
  let logits = try builder.linear(try builder.apply(.flatten, sum), 3)
  builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
  return builder.graph
}
