public import GraphIR

/// Removes nodes whose results nobody uses.
///
/// `commit` and named outputs are what counts as use.
public func removeDeadNodes(_ graph: Graph) throws(GraphError) -> Graph {
  var live = Set(graph.outputs.values)
  var kept = Set<Int>()
  for number in graph.nodes.indices.reversed() {
    let node = graph.nodes[number]
    var isUsed = node.outputs.contains(where: live.contains)
    if case .commit = node.operation { isUsed = true }
    guard isUsed else { continue }
    kept.insert(number)
    live.formUnion(node.inputs)
  }
  var rewriter = GraphRewriter(graph)
  for (number, node) in graph.nodes.enumerated() where kept.contains(number) { try rewriter.copy(node) }
  return try rewriter.finish()
}
