import GraphIR
import TensorCore
import Testing

@Suite("Type inference")
struct TypeInferenceTests {
  @Test("derives the types of results", arguments: Fitting.all)
  func results(of fitting: Fitting) throws {
    let graph = try graph(of: fitting.operation, on: fitting.operands, resultShape: fitting.resultShape)
    try graph.verify()
    let node = try #require(graph.nodes.first)
    #expect(node.outputs.map { graph[$0].type } == fitting.results)
  }

  @Test("refuses operands that do not fit, naming the layer and what was found", arguments: Misfit.all)
  func refusal(of misfit: Misfit) {
    let error = #expect(throws: GraphError.self) {
      try graph(of: misfit.operation, on: misfit.operands, resultShape: misfit.resultShape)
    }
    #expect(error?.code == misfit.code)
    #expect(error?.layer == "features.0")
    #expect(error?.description.hasPrefix("layer features.0: ") == true)
    for mention in misfit.mentions {
      #expect(error?.message.contains(mention) == true, "\"\(error?.message ?? "")\" does not mention \"\(mention)\"")
    }
  }
}
