public import GraphIR

/// Appends the end of the step: one `commit` node that judges loss, gradients and pending statistics, and then updates
/// parameters, optimizer state and running statistics together, or not at all.
///
/// Names pending statistics by the batch-norm nodes that make them.
public func appendCommit(_ joint: JointGraph, optimizer: OptimizerKind) throws(GraphError) -> Graph {
  var graph = joint.graph
  guard let loss = graph.outputs["loss"] else {
    throw GraphError(.name, layer: "", "the graph has no output called \"loss\" to commit")
  }
  var statistics: [String] = []
  var pending: [ValueID] = []
  for node in graph.nodes {
    guard case .batchNorm = node.operation else { continue }
    // Operands 3 and 4 are the running mean and variance; results 3 and 4 are their pending values.
    for (operand, result) in [(3, 3), (4, 4)] {
      guard case .statistic(let name) = graph[node.inputs[operand]].origin else { continue }
      statistics.append(name)
      pending.append(node.outputs[result])
    }
  }
  let attributes = CommitAttributes(
    optimizer: optimizer, parameters: joint.gradients.map(\.parameter),
    copies: Array(repeating: nil, count: joint.gradients.count), statistics: statistics)
  try graph.addNode(
    .commit(attributes), [loss] + joint.gradients.map(\.gradient) + pending, layer: "", phase: .optimizer)
  try graph.verify()
  return graph
}
