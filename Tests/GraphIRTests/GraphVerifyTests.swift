import GraphIR
import TensorCore
import Testing

/// A way to break a graph, and what the message has to name.
struct Breakage: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var mentions: String
  var breakGraph: @Sendable (inout Graph) -> Void

  static let all: [Breakage] = [
    Breakage(testDescription: "a node that uses a later value", mentions: "before it exists") { graph in
      graph.nodes.swapAt(0, 1)
    },
    Breakage(testDescription: "an operand that does not exist", mentions: "%99") { graph in
      graph.nodes[2].inputs[0] = ValueID(index: 99)
    },
    Breakage(testDescription: "a result that does not exist", mentions: "%99") { graph in
      graph.nodes[2].outputs[0] = ValueID(index: 99)
    },
    Breakage(testDescription: "a result of another format", mentions: "results of types") { graph in
      graph.values[graph.nodes[2].outputs[0].index].type.dtype = .float16
    },
    Breakage(testDescription: "a missing result", mentions: "results of types") { graph in
      graph.nodes[1].outputs.removeLast()
    },
    Breakage(testDescription: "two nodes that make one value", mentions: "does not know") { graph in
      graph.nodes[2].outputs[0] = graph.nodes[1].outputs[0]
    },
    Breakage(testDescription: "an output that nothing makes", mentions: "\"extra\"") { graph in
      graph.setOutput("extra", ValueID(index: 99))
    },
    Breakage(testDescription: "a parameter that is not declared", mentions: "features.0.weight") { graph in
      graph.parameters.removeFirst()
    },
  ]
}

@Suite("Graph verifier")
struct GraphVerifyTests {
  @Test("accepts what the builder makes")
  func intact() throws {
    try smallConvolutionNetwork(isTraining: true).verify()
    try smallConvolutionNetwork(isTraining: false).verify()
    try Graph().verify()
  }

  @Test("finds broken invariants", arguments: Breakage.all)
  func broken(_ breakage: Breakage) throws {
    var graph = try smallConvolutionNetwork()
    breakage.breakGraph(&graph)
    let error = #expect(throws: GraphError.self) { try graph.verify() }
    #expect(error?.code == .invariant)
    #expect(error?.description.contains(breakage.mentions) == true, "\(error?.description ?? "")")
  }

  @Test("finds values out of place")
  func misplacedValue() throws {
    var graph = try smallConvolutionNetwork()
    graph.values.swapAt(0, 1)
    let error = #expect(throws: GraphError.self) { try graph.verify() }
    #expect(error?.code == .invariant)
  }
}
