public import GraphIR

/// Puts backward nodes in the order that frees memory soonest, without changing what is computed.
///
/// Algorithm: the order of a graph can always be run. Within it a gradient of a weight (`matmul`, `column_sum`,
/// `conv2d_backward_weights`) stands before the gradient of the input by the VJP table, so that dy and x die as early as
/// they can. What remains is to sink nodes that only widen or copy to just before their first use; nodes that draw no
/// random numbers and write no state may move freely. Ties keep their order, so the schedule is a pure function of the
/// graph.
public func schedule(_ graph: Graph) throws(GraphError) -> Graph {
  // A cast in the forward pass belongs right before the first node that uses it.
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
