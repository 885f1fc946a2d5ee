import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Activations that the formats imply")
struct ImpliedActivationTests {
  private func step(
    _ network: Graph, _ format: DType?, recompute: Recompute = .nothing
  ) throws -> Graph {
    let pipeline = CompilerPipeline(FormatRules(compute: format), recompute: recompute)
    return try #require(pipeline.trainingStages(network, optimizer: anyOptimizer).last).graph
  }

  @Test("A linear layer and its loss, counted by hand in fp32 and under autocast")
  func linear() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(4, 3))
    let labels = builder.input("labels", TensorType(.int64, [4]))
    builder.output("loss", try builder.apply(.crossEntropy, builder.linear(x, 2), labels))
    let (input, logits, targets) = (48, 32, 32)
    // The gradient of the weight reads x, that of the loss logits and labels. Weight and bias are no activations.
    #expect(try step(builder.graph, nil).impliedActivationBytes == input + logits + targets)
    // The product is on the 16-bit list and reads x in 16 bits; the loss is on the fp32 list and reads a cast of the
    // logits, which themselves nobody in backward reads.
    for format in [DType.bfloat16, .float16] {
      #expect(try step(builder.graph, format).impliedActivationBytes == input / 2 + logits + targets)
    }
  }

  @Test("Convolution, batch norm, relu and pooling: what they read, statistics and places, not what they pass on")
  func convolution() throws {
    let graph = try pooledConvolution()
    let (x, convolved, statistics, places, flat, logits, labels) = (576, 1152, 2 * 16, 72, 288, 24, 16)
    let fp32 = try step(graph, nil)
    #expect(fp32.impliedActivationBytes == x + convolved + statistics + places + flat + logits + labels)
    let bf16 = try step(graph, .bfloat16)
    #expect(
      bf16.impliedActivationBytes == x / 2 + convolved / 2 + statistics + places + flat / 2 + logits + labels,
      "batch norm keeps its statistics in fp32, and the loss reads logits in fp32")
    // Nothing of it depends on the plan, whose activations hold at least this much when backward begins.
    for graph in [fp32, bf16] {
      #expect(planMemory(graph, scratch: [:]).mostByOwner[.activation] ?? 0 >= graph.impliedActivationBytes)
    }
  }

  @Test("A tensor under another shape counts once, however many read it")
  func views() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(2, 3, 2, 2))
    let labels = builder.input("labels", TensorType(.int64, [2, 4]))
    let sequence = try builder.apply(.toSequence, x)
    let scale = try builder.parameter("scale", [2, 4, 3], .constant(1))
    let squashed = try builder.apply(.tanh, try builder.apply(.multiply, sequence, scale))
    builder.output("loss", try builder.apply(.crossEntropy, try builder.apply(.multiply, squashed, squashed), labels))
    // x as a sequence; tanh's result, which the gradients of tanh and of the square read; the square; labels.
    let tensor = 96
    #expect(try step(builder.graph, nil).impliedActivationBytes == tensor + tensor + tensor + 64)
  }

  @Test("What is computed again in backward is not implied")
  func recomputed() throws {
    let kept = try step(residualNetwork(), nil).impliedActivationBytes
    let cut = try step(residualNetwork(), nil, recompute: .segments(2)).impliedActivationBytes
    #expect(cut < kept)
  }

  @Test("A forward pass without a backward pass implies nothing")
  func inference() throws {
    let stages = try CompilerPipeline(autocastFormat: .bfloat16).inferenceStages(perceptron(isTraining: false))
    #expect(try #require(stages.last).graph.impliedActivationBytes == 0)
  }
}
