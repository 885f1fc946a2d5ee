public import GraphIR

/// Sinks casts to just before their first use, so that their results take memory no earlier than needed, and hoists sums
/// of gradients to just behind the gradient, so that it dies there.
///
/// The order of a graph can always be run, and the VJP table already puts the gradient of a weight before that of the
/// input, so that dy and x die early. A cast depends on nothing but its operand and may move freely, and so does a sum
/// over micro-batches; everything else keeps its order, so the schedule is a pure function of the graph. What is
/// computed does not change.
public func schedule(_ graph: Graph) throws(GraphError) -> Graph {
  var firstUse: [ValueID: Int] = [:]
  for (number, node) in graph.nodes.enumerated() {
    for input in node.inputs where firstUse[input] == nil { firstUse[input] = number }
  }
  var sunk: [Int: [Node]] = [:]
  var hoisted: [Int: [Node]] = [:]
  var isMoved = Set<Int>()
  for (number, node) in graph.nodes.enumerated() {
    switch (node.operation, node.inputs.first.map { graph[$0].origin }) {
    case (.cast, _):
      guard let use = firstUse[node.outputs[0]], use > number + 1 else { continue }
      sunk[use, default: []].append(node)
    case (.accumulate, .node(let producer, _)) where !isMoved.contains(producer):
      hoisted[producer, default: []].append(node)
    default: continue
    }
    isMoved.insert(number)
  }
  var rewriter = GraphRewriter(graph)
  for (number, node) in graph.nodes.enumerated() {
    for cast in sunk[number] ?? [] { try rewriter.copy(cast) }
    if !isMoved.contains(number) { try rewriter.copy(node) }
    for sum in hoisted[number] ?? [] { try rewriter.copy(sum) }
  }
  return try rewriter.finish()
}
