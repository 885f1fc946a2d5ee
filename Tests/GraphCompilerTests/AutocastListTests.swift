import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Autocast lists")
struct AutocastListTests {
  private static let geometry = ConvolutionAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
  private static let window = PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])

  /// Every forward operation and the list of torch's that it stands on.
  ///
  /// torch lists the cell of an LSTM (`_thnn_fused_lstm_cell`); `add` and `mul` are on no list there, because every
  /// elementwise operation promotes its operands.
  private static let lists: [AutocastPolicy: [GraphIR.Operation]] = [
    .lowerPrecision: [
      .linear(relu: false), .linear(relu: true), .matmul(transposeA: false, transposeB: true), .conv2d(geometry),
      .convTranspose2d(geometry), .attention(AttentionAttributes(heads: 1, isCausal: true)), .lstm,
    ],
    .float32: [
      .layerNorm(eps: 1e-5), .upsample2d(UpsampleAttributes(scale: 2, mode: .nearest)),
      .upsample2d(UpsampleAttributes(scale: 2, mode: .bilinear)), .crossEntropy, .bceWithLogits, .meanSquaredError,
    ],
    .promote: [.add, .multiply, .concat(dimension: 1)],
    .inherit: [
      .relu, .gelu, .sigmoid, .tanh, .silu, .maxPool2d(window), .avgPool2d(window), .globalAveragePool,
      .batchNorm(BatchNormAttributes()), .batchNormInference(BatchNormAttributes()),
      .dropout(probability: 0.5, stream: 0), .flatten, .toSequence, .reshape, .embedding, .gather,
      .slice(dimension: 0, start: 0, count: 1), .expand(count: 2),
    ],
    .banned: [.binaryCrossEntropy],
  ]

  @Test("are torch's for CUDA")
  func policies() {
    for (policy, operations) in Self.lists {
      for operation in operations { #expect(AutocastPolicy(operation) == policy, "\(operation.name)") }
    }
  }

  @Test("give the operands of every node their format", arguments: [DType.float16, .bfloat16])
  func formats(_ format: DType) throws {
    let networks = [try languageModel(), try sequenceClassifier(), try segmentation(), try recommender()]
    for graph in try networks.map({ try autocast($0, to: format) }) {
      for node in graph.nodes {
        let operands = node.inputs.map { graph[$0].type.dtype }.filter(\.isFloatingPoint)
        switch AutocastPolicy(node.operation) {
        case .lowerPrecision: #expect(operands.allSatisfy { $0 == format }, "\(graph.line(of: node))")
        case .float32: #expect(operands.allSatisfy { $0 == .float32 }, "\(graph.line(of: node))")
        case .promote: #expect(Set(operands).count == 1, "\(graph.line(of: node))")
        case .inherit, .lowerInput, .banned: break
        }
      }
    }
  }

  @Test("leave tables in fp32: rows are cast where a product needs them", arguments: [DType.float16, .bfloat16])
  func embeddings(_ format: DType) throws {
    let graph = try autocast(languageModel(), to: format)
    let embedding = try #require(graph.node(named: "embedding"))
    #expect(graph[embedding.inputs[0]].origin == .parameter("embedding.weight"))
    #expect(graph[embedding.outputs[0]].type == f32(2, 5, 4))
    // The head takes a 16-bit copy of the same table.
    let head = try #require(graph.nodes.last { $0.operation == .linear(relu: false) })
    #expect(graph[head.inputs[1]].type == TensorType(format, [7, 4]))
    #expect(graph.producer(of: head.inputs[1])?.inputs == [embedding.inputs[0]])
  }

  @Test("promote what is joined to the widest format, never integers")
  func joining() throws {
    let graph = try autocast(segmentation(), to: .float16)
    let joined = try #require(graph.node(named: "cat"))
    // The interpolated branch is fp32 by its list, so the others are raised.
    #expect(joined.inputs.map { graph[$0].type.dtype } == [.float32, .float32, .float32])
    #expect(graph.producer(of: joined.inputs[0])?.reason == "autocast: cat takes the widest format of its operands")
    let indices = try autocast(recommender(), to: .float16).nodes.filter { $0.operation == .embedding }
    #expect(indices.count == 2)
  }

  @Test("refuse binary cross entropy of probabilities, and say what to do instead")
  func banned() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(4, 3))
    let targets = builder.input("labels", f32(4, 3))
    let weight = try builder.parameter("weight", [3, 3], .constant(0))
    let loss = try builder.scope("criterion") { builder throws(GraphError) in
      let logits = try builder.apply(.linear(relu: false), x, weight)
      return try builder.apply(.binaryCrossEntropy, try builder.apply(.sigmoid, logits), targets)
    }
    builder.output("loss", loss)
    let graph = builder.graph
    let error = #expect(throws: GraphError.self) { try autocast(graph, to: .bfloat16) }
    #expect(error?.code == .banned)
    #expect(error?.layer == "criterion")
    #expect(error?.message.contains("binary_cross_entropy is unsafe under autocast") == true)
    #expect(error?.message.contains("give logits to binary_cross_entropy_with_logits, or train in fp32") == true)
    #expect(try autocast(graph, to: nil) == graph, "fp32 may train on probabilities")
  }
}
