import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Autocast")
struct AutocastTests {
  @Test("leaves an fp32 graph as it is")
  func unchanged() throws {
    let graph = try residualNetwork()
    #expect(try autocast(graph, to: nil) == graph)
  }

  @Test(
    "lowers GEMM and convolution, raises the loss, and lets everything else run in what it gets",
    arguments: [
      DType.float16, .bfloat16,
    ])
  func formats(_ format: DType) throws {
    let graph = try autocast(residualNetwork(), to: format)
    for node in graph.nodes {
      let operands = node.inputs.map { graph[$0].type.dtype }.filter(\.isFloatingPoint)
      switch node.operation {
      case .conv2d, .linear: #expect(operands.allSatisfy { $0 == format }, "\(graph.line(of: node))")
      case .crossEntropy: #expect(operands == [.float32])
      case .relu, .maxPool2d, .flatten: #expect(operands == [format])
      // Activations lowered by the convolution before; affine parameters and statistics stay fp32.
      case .batchNorm: #expect(operands == [format, .float32, .float32, .float32, .float32])
      case .add: #expect(operands == [format, format])
      default: break
      }
    }
  }

  @Test("gives a reason for every cast")
  func reasons() throws {
    let graph = try autocast(perceptron(), to: .float16)
    let casts = graph.nodes.filter { if case .cast = $0.operation { true } else { false } }
    // x, two weights and two biases go down; the logits go up. The second linear takes the first one's result as it is.
    #expect(casts.count == 6)
    #expect(casts.count { $0.reason == "autocast: linear is on the lower-precision list" } == 5)
    #expect(casts.count { $0.reason == "autocast: cross_entropy is on the fp32 list" } == 1)
  }

  @Test("shares the cast of a value that several nodes use")
  func sharing() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(4, 5))
    let weight = try builder.parameter("weight", [5, 5], .constant(0))
    let once = try builder.apply(.linear(relu: false), x, weight)
    let twice = try builder.apply(.linear(relu: false), once, weight)
    builder.output("sum", try builder.apply(.add, try builder.apply(.linear(relu: false), x, weight), twice))
    let graph = try autocast(builder.graph, to: .bfloat16)
    #expect(graph.operationNames == ["cast_bf16", "cast_bf16", "linear", "linear", "linear", "add"])
  }

  @Test("promotes the narrower operand of an addition")
  func promotion() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(4, 5))
    let weight = try builder.parameter("weight", [5, 5], .constant(0))
    builder.output("sum", try builder.apply(.add, try builder.apply(.linear(relu: false), x, weight), x))
    let graph = try autocast(builder.graph, to: .float16)
    let sum = try #require(graph.node(named: "add"))
    #expect(sum.inputs.map { graph[$0].type.dtype } == [.float32, .float32])
    #expect(
      graph.producer(of: sum.inputs[0])?.reason == "autocast: add takes the widest format of its operands")
    #expect(graph[sum.inputs[1]].origin == .input("x"), "fp32 operands stay what they are")
  }

  @Test("raises model outputs to fp32, also where there is no loss")
  func outputs() throws {
    var builder = GraphBuilder(isTraining: false)
    let x = builder.input("x", f32(4, 5))
    let weight = try builder.parameter("weight", [3, 5], .constant(0))
    builder.output("logits", try builder.apply(.linear(relu: false), x, weight))
    let graph = try autocast(builder.graph, to: .bfloat16)
    let logits = try #require(graph.outputs["logits"])
    #expect(graph[logits].type == f32(4, 3))
    #expect(graph.producer(of: logits)?.reason == "model outputs are fp32 before the loss")
    // With a loss the two share one cast.
    let training = try autocast(perceptron(), to: .bfloat16)
    #expect(training.nodes.count { $0.operation == .cast(.float32) } == 1)
    #expect(training.node(named: "cross_entropy")?.inputs.first == training.outputs["logits"])
  }

  @Test("never cancels a narrowing that is followed by a widening")
  func narrowThenWiden() throws {
    var graph = Graph()
    let x = graph.addValue(f32(4, 5), origin: .input("x"), label: "x")
    let narrow = try graph.addNode(.cast(.bfloat16), [x], layer: "")[0]
    let wide = try graph.addNode(.cast(.float32), [narrow], layer: "")[0]
    graph.setOutput("y", try graph.addNode(.gelu, [wide], layer: "")[0])
    let stages = try CompilerPipeline(autocastFormat: .bfloat16).inferenceStages(graph)
    for stage in stages {
      #expect(stage.graph.operationNames == ["cast_bf16", "cast_f32", "gelu"], "\(stage.name)")
    }
  }
}
