public import GraphIR

/// Sinks casts to just before their first use, so that their results take memory no earlier than needed.
///
/// The order of a graph can always be run, and the VJP table already puts the gradient of a weight before that of the
/// input, so that dy and x die early. A cast depends on nothing but its operand and may move freely; everything else
/// keeps its order, so the schedule is a pure function of the graph. What is computed does not change.
public func schedule(_ graph: Graph) throws(GraphError) -> Graph {
  var firstUse: [ValueID: Int] = [:]
  for (number, node) in graph.nodes.enumerated() {
    for input in node.inputs where firstUse[input] == nil { firstUse[input] = number }
  }
  var sunk: [Int: [Node]] = [:]
  var isSunk = Set<Int>()
  for (number, node) in graph.nodes.enumerated() {
    guard case .cast = node.operation, let use = firstUse[node.outputs[0]], use > number + 1 else { continue }
    sunk[use, default: []].append(node)
    isSunk.insert(number)
  }
  var rewriter = GraphRewriter(graph)
  for (number, node) in graph.nodes.enumerated() {
    for cast in sunk[number] ?? [] { try rewriter.copy(cast) }
    if !isSunk.contains(number) { try rewriter.copy(node) }
  }
  return try rewriter.finish()
}
