import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Automatic differentiation")
struct AutodiffTests {
  @Test("gives every trainable parameter one fp32 gradient of its shape", arguments: [nil, DType.float16, .bfloat16])
  func gradients(_ format: DType?) throws {
    let joint = try differentiate(autocast(residualNetwork(), to: format))
    let trainable = joint.graph.parameters.filter(\.isTrainable)
    #expect(joint.gradients.map(\.parameter) == trainable.map(\.name))
    for (parameter, gradient) in zip(trainable, joint.gradients) {
      #expect(joint.graph[gradient.gradient].type == TensorType(.float32, parameter.shape))
    }
  }

  @Test("keeps the forward nodes and appends backward ones")
  func structure() throws {
    let forward = try perceptron()
    let joint = try differentiate(forward)
    #expect(Array(joint.graph.nodes.prefix(forward.nodes.count)) == forward.nodes)
    #expect(joint.graph.nodes.dropFirst(forward.nodes.count).allSatisfy { $0.phase == .backward })
    // No gradient of the input: neither a product with the first weight nor an unflatten.
    #expect(
      joint.graph.operationNames.dropFirst(forward.nodes.count) == [
        "cross_entropy_backward", "column_sum", "matmul", "matmul", "dropout", "relu_backward", "column_sum", "matmul",
      ])
  }

  @Test("runs backward nodes in the format of their forward node, casts by the cast back")
  func formats() throws {
    let graph = try differentiate(autocast(perceptron(), to: .float16)).graph
    for node in graph.nodes where node.phase == .backward {
      switch node.operation {
      case .matmul, .columnSum, .reluBackward, .dropout:
        #expect(node.inputs.allSatisfy { graph[$0].type.dtype == .float16 }, "\(graph.line(of: node))")
      case .cast: #expect(node.reason == "autodiff: the VJP of a cast is the cast back")
      default: break
      }
    }
  }

  @Test("sums the cotangents of a value with several users")
  func fanOut() throws {
    let graph = try differentiate(residualNetwork()).graph
    let sums = graph.nodes.filter { $0.operation == .add && $0.phase == .backward }
    #expect(sums.map(\.layer) == ["block"])
    #expect(sums.first?.reason == "autodiff: the value has several users")
  }

  @Test("refuses a parameter that does not reach the loss, and names it")
  func unreachable() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(2, 3))
    let labels = builder.input("labels", TensorType(.int64, [2]))
    _ = try builder.parameter("unused.weight", [3], .constant(0))
    let weight = try builder.parameter("weight", [3, 3], .constant(0))
    let logits = try builder.apply(.linear(relu: false), x, weight)
    builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
    let graph = builder.graph
    let error = #expect(throws: GraphError.self) { try differentiate(graph) }
    #expect(error?.code == .name)
    #expect(error?.message.contains("\"unused.weight\"") == true)
  }

  @Test("refuses a graph without a loss, and a loss that is not one")
  func noLoss() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(2, 3))
    let weight = try builder.parameter("weight", [3, 3], .constant(0))
    let y = try builder.apply(.linear(relu: false), x, weight)
    let without = builder.graph
    #expect(throws: GraphError.self) { try differentiate(without) }
    builder.output("loss", y)
    let notScalar = builder.graph
    #expect(throws: GraphError.self) { try differentiate(notScalar) }
  }

  @Test(
    "gives a table that is embedding and head one gradient, in fp32 under autocast too",
    arguments: [nil, DType.float16])
  func tiedTable(_ format: DType?) throws {
    let joint = try differentiate(autocast(languageModel(), to: format))
    let table = try #require(joint.gradients.first { $0.parameter == "embedding.weight" })
    let sum = try #require(joint.graph.producer(of: table.gradient))
    #expect(sum.operation == .add)
    #expect(joint.graph[table.gradient].type == f32(7, 4))
    let parts = sum.inputs.compactMap { joint.graph.producer(of: $0)?.operation.name }
    #expect(parts == [format == nil ? "matmul" : "cast_f32", "embedding_backward"])
  }

  @Test("leads a transposed convolution back by the convolution of the same geometry")
  func transposedConvolution() throws {
    let graph = try differentiate(segmentation()).graph
    let names = graph.nodes.filter { $0.phase == .backward && $0.layer == "up" }.map(\.operation.name)
    // The image in the middle is also interpolated: its two gradients are added.
    #expect(names == ["column_sum", "conv2d_backward_weights", "conv2d", "add"])
  }

  @Test("refuses targets that depend on a parameter: they would get no gradient")
  func trainableTargets() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(2, 3))
    let weight = try builder.parameter("weight", [3, 3], .constant(0))
    let y = try builder.apply(.linear(relu: false), x, weight)
    builder.output("loss", try builder.apply(.meanSquaredError, x, y))
    let graph = builder.graph
    let error = #expect(throws: GraphError.self) { try differentiate(graph) }
    #expect(error?.code == .attribute)
    #expect(error?.message.contains("the targets of mse_loss depend on a parameter") == true)
  }
}
