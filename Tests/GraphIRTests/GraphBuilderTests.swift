import GraphIR
import TensorCore
import Testing

@Suite("Graph builder")
struct GraphBuilderTests {
  @Test("names parameters by their scopes, in the order of declaration")
  func names() throws {
    let graph = try smallConvolutionNetwork()
    #expect(
      graph.parameters.map(\.name) == [
        "features.0.weight", "features.1.weight", "features.1.bias", "features.1.running_mean",
        "features.1.running_var", "classifier.weight", "classifier.bias",
      ])
    #expect(
      graph.parameters.filter { !$0.isTrainable }.map(\.name) == ["features.1.running_mean", "features.1.running_var"])
    // 4·1·3·3 + 4 + 4 + 3·36 + 3
    #expect(graph.trainableCount == 155)
    #expect(Set(graph.inputs.keys) == ["x", "labels"])
    try graph.verify()
  }

  @Test("refuses two parameters of one name, and says which")
  func duplicateNames() throws {
    var builder = GraphBuilder(isTraining: true)
    try builder.scope("0") { builder throws(GraphError) in
      _ = try builder.parameter("weight", [2, 2], .constant(0))
    }
    let error = #expect(throws: GraphError.self) {
      try builder.scope("0") { builder throws(GraphError) in
        _ = try builder.statistic("weight", [2], .constant(0))
      }
    }
    #expect(error?.code == .name)
    #expect(error?.description.contains("\"0.weight\"") == true)
    #expect(builder.layer.isEmpty, "a scope ends although its body throws")
  }

  @Test("gives each dropout layer a stream of its own, also where another layer drops nothing")
  func dropoutStreams() throws {
    func streams(_ probabilities: [Float]) throws -> [UInt32] {
      var builder = GraphBuilder(isTraining: true)
      var x = builder.input("x", f32(2, 3))
      for probability in probabilities { x = try builder.dropout(x, probability: probability) }
      return builder.graph.nodes.compactMap {
        if case .dropout(_, let stream) = $0.operation { stream } else { nil }
      }
    }
    #expect(try streams([0.5, 0.25, 0.5]) == [0, 1, 2])
    #expect(try streams([0.5, 0, 0.5]) == [0, 2])
  }

  @Test("leaves dropout out of inference and uses running statistics there")
  func inference() throws {
    let operations = try smallConvolutionNetwork(isTraining: false).nodes.map(\.operation)
    #expect(operations.contains(.batchNormInference(BatchNormAttributes())))
    #expect(!operations.contains { if case .dropout = $0 { true } else { false } })
  }

  @Test("refuses a dropout probability outside 0..<1 in inference too", arguments: [-0.1, 1, Float.nan])
  func dropoutProbability(_ probability: Float) {
    var builder = GraphBuilder(isTraining: false)
    let x = builder.input("x", f32(2, 3))
    let error = #expect(throws: GraphError.self) { try builder.dropout(x, probability: probability) }
    #expect(error?.code == .attribute)
  }

  @Test("refuses to normalise a batch of one value per channel when training")
  func singleValueBatchNorm() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(1, 3))
    let perChannel = try (0..<4).map { try builder.parameter("p\($0)", [3], .constant(1)) }
    let error = #expect(throws: GraphError.self) {
      try builder.batchNorm(
        x, weight: perChannel[0], bias: perChannel[1], runningMean: perChannel[2], runningVariance: perChannel[3],
        BatchNormAttributes())
    }
    #expect(error?.code == .shape)
    #expect(error?.message.contains("(1, 3)") == true)
  }

  @Test("refuses batch norm of a vector and operations without results instead of trapping")
  func badCalls() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(3))
    let loss = builder.input("loss", f32())
    #expect(throws: GraphError.self) {
      try builder.batchNorm(x, weight: x, bias: x, runningMean: x, runningVariance: x, BatchNormAttributes())
    }
    let nothing = CommitAttributes(
      optimizer: .sgd(momentum: 0, weightDecay: 0, nesterov: false), parameters: [], copies: [], statistics: [])
    let verdict = builder.input("verdict", f32(GradientVerdict.count))
    let error = #expect(throws: GraphError.self) { try builder.apply(.commit(nothing), loss, verdict) }
    #expect(error?.message.contains("commit has no result") == true)
  }
}
