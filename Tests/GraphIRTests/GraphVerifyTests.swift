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

  /// The end of a step for one gradient: unscale, two clippings, commit, with the verdicts that the last three take.
  private func endOfStep(clipping: ValueID?, committing: ValueID?) throws(GraphError) -> Graph {
    var graph = Graph()
    let loss = graph.addValue(f32(), origin: .input("loss"), label: "loss")
    let gradient = graph.addValue(f32(3), origin: .input("gradient"), label: "gradient")
    let stray = graph.addValue(f32(GradientVerdict.count), origin: .input("verdict"), label: "verdict")
    #expect(stray == Self.strayVerdict)
    let unscaled = try graph.addNode(.unscale, [gradient], layer: "", phase: .optimizer)[0]
    let once = try graph.addNode(.clip(.norm(1)), [clipping ?? unscaled], layer: "", phase: .optimizer)[0]
    let twice = try graph.addNode(.clip(.value(1)), [once], layer: "", phase: .optimizer)[0]
    let attributes = CommitAttributes(
      optimizer: .sgd(momentum: 0, weightDecay: 0, nesterov: false), parameters: ["w"], copies: [nil], statistics: [])
    try graph.addNode(.commit(attributes), [loss, committing ?? twice, gradient], layer: "", phase: .optimizer)
    return graph
  }

  /// Six numbers that no `unscale` made.
  private static let strayVerdict = ValueID(index: 2)

  @Test("accepts clipping and committing after unscale")
  func orderOfStep() throws {
    try endOfStep(clipping: nil, committing: nil).verify()
  }

  @Test("refuses to clip by norm what was clamped before, and accepts the other order")
  func clampComesLast() throws {
    func clipped(_ clippings: [GradientClipping]) throws(GraphError) -> Graph {
      var graph = Graph()
      let gradient = graph.addValue(f32(3), origin: .input("gradient"), label: "gradient")
      var verdict = try graph.addNode(.unscale, [gradient], layer: "", phase: .optimizer)[0]
      for clipping in clippings {
        verdict = try graph.addNode(.clip(clipping), [verdict], layer: "", phase: .optimizer)[0]
      }
      return graph
    }
    try clipped([.norm(2), .norm(1), .value(2), .value(1)]).verify()
    let clamped = try clipped([.value(1), .norm(1)])
    let error = #expect(throws: GraphError.self) { try clamped.verify() }
    #expect(error?.code == .order)
    #expect(error?.message.contains("clip by norm first") == true)
  }

  @Test("refuses to clip or to commit gradients that are still scaled")
  func unscaleComesFirst() throws {
    let clipped = try endOfStep(clipping: Self.strayVerdict, committing: nil)
    let clipError = #expect(throws: GraphError.self) { try clipped.verify() }
    #expect(clipError?.code == .order)
    #expect(clipError?.message.contains("clip_grad_norm comes before unscale") == true)
    let committed = try endOfStep(clipping: nil, committing: Self.strayVerdict)
    let commitError = #expect(throws: GraphError.self) { try committed.verify() }
    #expect(commitError?.code == .order)
    #expect(commitError?.message.contains("commit comes before unscale") == true)
    #expect(commitError?.message.contains("unscale first") == true)
  }
}
