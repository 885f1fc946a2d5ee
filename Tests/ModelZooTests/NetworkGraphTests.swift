import Datasets
import GraphCompiler
import GraphIR
import ModelZoo
import TensorCore
import Testing
import Training

/// Formats of autocast; nil is fp32.
private let formats: [DType?] = [nil, .float16, .bfloat16]

@Suite("Graphs of all networks")
struct NetworkGraphTests {
  @Test("The training step compiles in every format, and every parameter reaches the loss", arguments: ZooCase.all)
  func training(_ entry: ZooCase) throws {
    let graph = try entry.model().trainingGraph(batchSize: 3)
    let trainable = graph.parameters.filter(\.isTrainable).map(\.name)
    for format in formats {
      let joint = try differentiate(try autocast(graph, to: format))
      #expect(joint.gradients.map(\.parameter) == trainable)
      for (name, gradient) in joint.gradients {
        let shape = try #require(graph.parameters.first { $0.name == name }?.shape)
        #expect(joint.graph[gradient].type.shape == shape, "\(name)")
      }
      let stages = try CompilerPipeline(autocastFormat: format)
        .trainingStages(graph, optimizer: .sgd(momentum: 0.9, weightDecay: 0, nesterov: false))
      for stage in stages { try stage.graph.verify() }
    }
  }

  @Test("Inference compiles in every format and gives the logits of the task", arguments: ZooCase.all)
  func inference(_ entry: ZooCase) throws {
    let model = try entry.model()
    let graph = try model.inferenceGraph(batchSize: 1)
    let training = try model.trainingGraph(batchSize: 3)
    #expect(graph.parameters == training.parameters)
    for format in formats {
      let stages = try CompilerPipeline(autocastFormat: format).inferenceStages(graph)
      let last = stages[stages.count - 1].graph
      try last.verify()
      let logits = try #require(last.outputs["logits"])
      #expect(last[logits].type == TensorType(.float32, Shape([1] + entry.task.predictionShape(of: entry.input))))
    }
  }

  @Test("Autocast computes products in its format, and normalises, enlarges and judges in fp32", arguments: ZooCase.all)
  func lists(_ entry: ZooCase) throws {
    let graph = try autocast(entry.model().trainingGraph(batchSize: 3), to: .bfloat16)
    for node in graph.nodes {
      let format = graph[node.inputs[0]].type.dtype
      switch AutocastPolicy(node.operation) {
      case .lowerPrecision: #expect(format == .bfloat16, "\(node.layer)")
      case .float32: #expect(format == .float32, "\(node.layer)")
      case .promote, .inherit, .lowerInput, .banned: break
      }
    }
  }

  @Test("The head of gpt multiplies by the token table: one parameter, two uses, one 16-bit copy")
  func tiedHead() throws {
    let graph = try ZooCase.named("gpt").model().trainingGraph(batchSize: 2)
    let table = try #require(graph.values.first { $0.origin == .parameter("transformer.wte.weight") }?.id)
    let uses = graph.nodes.filter { $0.inputs.contains(table) }
    #expect(uses.map(\.operation) == [.embedding, .linear(relu: false)])
    #expect(uses.map(\.layer) == ["transformer", "lm_head"])
    let stages = try CompilerPipeline(autocastFormat: .bfloat16)
      .trainingStages(graph, optimizer: .sgd(momentum: 0.9, weightDecay: 0, nesterov: false))
    let copies = stages[stages.count - 1].graph.values.filter {
      $0.origin == .lowPrecisionCopy(of: "transformer.wte.weight")
    }
    #expect(copies.map(\.type) == [TensorType(.bfloat16, [7, 8])])
  }

  @Test("Attention of gpt is causal, that of vit is not")
  func causality() throws {
    func attentions(_ title: String) throws -> [GraphIR.Operation] {
      try ZooCase.named(title).model().trainingGraph(batchSize: 2).nodes.map(\.operation).filter {
        if case .attention = $0 { true } else { false }
      }
    }
    #expect(try attentions("gpt").allSatisfy { $0 == .attention(AttentionAttributes(heads: 2, isCausal: true)) })
    #expect(try attentions("vit").allSatisfy { $0 == .attention(AttentionAttributes(heads: 2, isCausal: false)) })
    #expect(try attentions("gpt").count == 2 && attentions("vit").count == 2)
  }

  @Test("A network refuses samples that it was not made for, and names both shapes")
  func otherSamples() throws {
    func message(_ title: String, _ input: SampleType) throws -> String? {
      let network = try ZooCase.named(title).model().network
      let error = #expect(throws: GraphError.self) {
        var builder = GraphBuilder(isTraining: true)
        let x = builder.input("x", TensorType(input.dtype, Shape([2] + input.shape)))
        _ = try network(x, in: &builder)
      }
      return error?.description
    }
    #expect(try message("mlp", images(1, 5, 5))?.contains("layer 1: linear expects 36") == true)
    #expect(try message("mlp", images(1, 5, 5))?.contains("(8, 36)), found x (2, 25)") == true)
    #expect(try message("resnet-8", images(1, 8, 8))?.contains("(4, 3, 3, 3)), found x (2, 1, 8, 8)") == true)
    #expect(try message("unet", images(2, 8, 12))?.contains("layer encoder.0.0: conv2d expects 1") == true)
    #expect(try message("gpt", SampleType(.int64, [10]))?.contains("at most 9, found x (2, 10)") == true)
    #expect(try message("gpt", SampleType(.float32, [5]))?.contains("indices in i64") == true)
    #expect(try message("lstm", SampleType(.float32, [5]))?.contains("layer embedding: embedding expects") == true)
    #expect(try message("vit", images(1, 8, 8))?.contains("images (1, 8, 4), found x (2, 1, 8, 8)") == true)
    #expect(try message("ncf, ratings", SampleType(.int64, [3]))?.contains("(N, 2), found x (2, 3)") == true)
  }
}
