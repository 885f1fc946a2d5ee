import BackendCPU
import GraphIR
import TensorCore

/// Deterministic numbers, uniform on [-1, 1).
func randomNumbers(_ count: Int, seed: UInt64) -> [Double] {
  var generator = PhiloxGenerator(seed: seed, stream: 0)
  return (0..<count).map { _ in Double(generator.nextUniform()) * 2 - 1 }
}

/// Random inputs, parameters and statistics for a graph; labels 0, 1, 2, 0, 1, …, variances positive.
func randomFeed(_ graph: Graph, seed: UInt64 = 7) -> ReferenceInterpreter.Feed {
  var feed = ReferenceInterpreter.Feed(inputs: [:], state: [:], lossScale: 1, seed: 11, attempt: 3)
  for (offset, value) in graph.values.enumerated() {
    let random = randomNumbers(value.type.shape.count, seed: seed &+ UInt64(offset))
    switch value.origin {
    case .input(let name):
      feed.inputs[name] = value.type.dtype == .int64 ? random.indices.map { Double($0 % 3) } : random
    case .parameter(let name): feed.state[name] = random
    case .statistic(let name): feed.state[name] = random.map { name.hasSuffix("var") ? abs($0) + 0.5 : $0 }
    case .lowPrecisionCopy, .node: break
    }
  }
  return feed
}

/// A feed of a graph with the inputs of several micro-batches, each drawn anew.
func microBatchFeed(_ graph: Graph, count: Int) -> ReferenceInterpreter.Feed {
  var feed = randomFeed(graph)
  for seed in 1..<UInt64(count) {
    for (name, elements) in randomFeed(graph, seed: 7 + 1000 * seed).inputs { feed.inputs[name]? += elements }
  }
  return feed
}

/// Named outputs of a graph on a feed.
func referenceOutputs(
  _ graph: Graph, _ feed: ReferenceInterpreter.Feed, rounding: ReferenceInterpreter.Rounding = .eachNode
) throws -> [String: [Double]] {
  let values = try ReferenceInterpreter(graph, rounding: rounding).run(feed)
  return graph.outputs.mapValues { values[$0.index].elements }
}
