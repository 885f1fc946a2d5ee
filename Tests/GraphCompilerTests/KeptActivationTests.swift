import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("What the plan holds for the backward pass")
struct KeptActivationTests {
  @Test("not the result of batch norm and relu before pooling", arguments: [nil, DType.float16, .bfloat16])
  func normalizedAndPooled(_ format: DType?) throws {
    let pipeline = CompilerPipeline(autocastFormat: format)
    let stages = try pipeline.trainingStages(pooledConvolution(), optimizer: anyOptimizer)
    let graph = try #require(stages.last).graph
    let plan = planMemory(graph, scratch: [:])
    func lifetime(_ value: ValueID) throws -> ClosedRange<Int> {
      plan.blocks[try #require(plan.blockOfValue[value])].lifetime
    }
    let norm = try #require(graph.nodes.firstIndex { $0.operation.name == "batch_norm+relu" })
    let pool = try #require(graph.nodes.firstIndex { $0.operation.name == "max_pool2d" })
    let gradient = try #require(graph.nodes.firstIndex { $0.operation.name == "batch_norm+relu_backward" })
    #expect(try lifetime(graph.nodes[norm].outputs[0]) == norm...pool)
    // What the mask is found from stays instead: x, which the gradient needs anyway.
    #expect(try lifetime(graph.nodes[norm].inputs[0]).upperBound == gradient)
    #expect(graph.nodes[gradient].inputs.contains(graph.nodes[norm].inputs[2]), "the bias")
  }
}
