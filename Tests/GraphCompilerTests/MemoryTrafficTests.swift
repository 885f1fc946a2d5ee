import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Bytes that nothing can avoid")
struct MemoryTrafficTests {
  private let sgd = OptimizerKind.sgd(momentum: 0.9, weightDecay: 0, nesterov: false)

  /// A step of x (4, 3) Wᵀ with W (2, 3), and cross-entropy.
  private func step(_ format: DType?) throws -> Graph {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", TensorType(.float32, [4, 3]))
    let labels = builder.input("labels", TensorType(.int64, [4]))
    let weight = try builder.parameter("weight", [2, 3], .constant(1))
    builder.output("loss", try builder.apply(.crossEntropy, builder.linear(x, weight: weight), labels))
    let stages = try CompilerPipeline(autocastFormat: format).trainingStages(builder.graph, optimizer: sgd)
    return try #require(stages.last).graph
  }

  @Test("A linear layer in fp32, counted by hand")
  func fp32() throws {
    let traffic = try step(nil).unavoidableTraffic
    let (x, labels, logits, weight, loss) = (48, 32, 32, 24, 4)
    let verdict = GradientVerdict.count * 4
    // x and labels are read in forward and in backward; logits are written, and read in both; their gradient is written
    // and read in backward. Loss and verdict pass from one operation to the next.
    #expect(traffic.activations == 2 * x + 2 * labels + 3 * logits + 2 * logits + 2 * loss + 2 * verdict)
    #expect(traffic.gradients == 2 * weight)
    #expect(traffic.parameters == weight + 2 * weight, "forward, and read and written by the update; x has no gradient")
    #expect(traffic.optimizerState == 2 * weight)
    #expect(traffic.total == 376 + 48 + 72 + 48)
  }

  @Test("The same under autocast: casts are free, copies are written, what is 16 bits wide counts 16 bits")
  func bf16() throws {
    let traffic = try step(.bfloat16).unavoidableTraffic
    let (x, labels, logits, weight, loss) = (24, 32, 16, 24, 4)
    let verdict = GradientVerdict.count * 4
    // The loss is computed in fp32 from 16-bit logits, and the gradient it makes is read in 16 bits.
    #expect(traffic.activations == 2 * x + 2 * labels + 3 * logits + 2 * logits + 2 * loss + 2 * verdict)
    #expect(traffic.gradients == 2 * weight / 2, "the commit reads 16 bits")
    #expect(traffic.parameters == 2 * weight + 2 * (weight / 2), "the update, and the copy written and read")
    #expect(traffic.optimizerState == 2 * weight)
  }

  @Test("Of a table the rows that are looked up are read")
  func rows() throws {
    var builder = GraphBuilder(isTraining: false)
    let indices = builder.input("x", TensorType(.int64, [3]))
    let table = try builder.parameter("table", [1000, 8], .constant(0))
    let rows = try builder.apply(.embedding, table, indices)
    builder.output("logits", try builder.apply(.relu, rows))
    let graph = builder.graph
    #expect(graph.unavoidableTraffic.parameters == 3 * 8 * 4)
    #expect(graph.operandBytes(of: graph.nodes[0]) == 3 * 8 + 2 * 3 * 8 * 4)
    // The rows are written and read; nobody reads what relu makes.
    #expect(graph.unavoidableTraffic.activations == 3 * 8 + 2 * 3 * 8 * 4)
  }

  @Test("Operands of one operation count once each, and an update counts all that it touches")
  func operands() throws {
    let graph = try step(.bfloat16)
    let commit = try #require(graph.nodes.last)
    let (loss, verdict, gradient, weight) = (4, GradientVerdict.count * 4, 12, 24)
    #expect(graph.operandBytes(of: commit) == loss + verdict + gradient + 2 * weight + weight / 2 + 2 * weight)
    let linear = try #require(graph.nodes.first { $0.operation == .linear(relu: false) })
    #expect(graph.operandBytes(of: linear) == 24 + 12 + 16)
  }
}
