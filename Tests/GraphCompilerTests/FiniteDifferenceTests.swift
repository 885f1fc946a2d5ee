import BackendCPU
import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Gradients against finite differences")
struct FiniteDifferenceTests {
  @Test("agree for every operand of every operation", arguments: GradientCase.all)
  func gradients(_ gradientCase: GradientCase) throws {
    let graph = try gradientCase.graph()
    let feed = randomFeed(graph)
    let joint = try differentiate(graph)
    let values = try ReferenceInterpreter(joint.graph, rounding: .exact).run(feed)
    #expect(!joint.gradients.isEmpty)
    for (parameter, gradient) in joint.gradients {
      let expected = try centralDifferences(graph, feed, parameter)
      let found = values[gradient.index].elements
      // Central differences with step h err by h² f‴/6 and by ε f/h; with h = 1e-5 both are near 1e-10, so that 1e-6 of
      // the largest component is generous and still far below any wrong term.
      let scale = max(expected.map(abs).max() ?? 0, 1e-3)
      for (index, (a, b)) in zip(found, expected).enumerated() {
        #expect(abs(a - b) <= 1e-6 * scale, "\(parameter)[\(index)]: \(a), by differences \(b)")
      }
    }
  }

  @Test("are those of the scaled loss")
  func lossScale() throws {
    let joint = try differentiate(perceptron())
    var feed = randomFeed(joint.graph)
    let interpreter = ReferenceInterpreter(joint.graph, rounding: .exact)
    let unscaled = try interpreter.run(feed)
    feed.lossScale = 1024
    let scaled = try interpreter.run(feed)
    for (_, gradient) in joint.gradients {
      // A power of two scales without rounding.
      #expect(scaled[gradient.index].elements == unscaled[gradient.index].elements.map { $0 * 1024 })
    }
  }

  @Test("are the same after activations are fused")
  func fused() throws {
    let graph = try residualNetwork()
    let feed = randomFeed(graph)
    let plain = try differentiate(graph)
    let fused = try differentiate(fuseActivations(graph))
    let plainValues = try ReferenceInterpreter(plain.graph, rounding: .exact).run(feed)
    let fusedValues = try ReferenceInterpreter(fused.graph, rounding: .exact).run(feed)
    for (a, b) in zip(plain.gradients, fused.gradients) {
      #expect(plainValues[a.gradient.index] == fusedValues[b.gradient.index], "\(a.parameter)")
    }
  }

  private func centralDifferences(
    _ graph: Graph, _ feed: ReferenceInterpreter.Feed, _ parameter: String
  ) throws -> [Double] {
    let interpreter = ReferenceInterpreter(graph, rounding: .exact)
    let loss = try #require(graph.outputs["loss"])
    let step = 1e-5
    let start = try #require(feed.state[parameter])
    func moved(_ index: Int, by distance: Double) throws -> Double {
      var feed = feed
      feed.state[parameter]?[index] = start[index] + distance
      return try interpreter.run(feed)[loss.index].elements[0]
    }
    return try start.indices.map { try (moved($0, by: step) - moved($0, by: -step)) / (2 * step) }
  }
}
