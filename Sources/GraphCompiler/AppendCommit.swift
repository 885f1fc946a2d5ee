public import GraphIR

/// Appends the end of the step: one `commit` node that judges loss and pending statistics beside the verdict on the
/// gradients, and then updates parameters, optimizer state and running statistics together, or not at all.
///
/// Names pending statistics by the batch-norm nodes that make them.
public func appendCommit(
  _ gradients: UnscaledGradients, optimizer: OptimizerKind, rounding: WeightRounding = .nearest
) throws(GraphError) -> Graph {
  var graph = gradients.graph
  guard let loss = graph.outputs["loss"] else {
    throw GraphError(.name, layer: "", "the graph has no output called \"loss\" to commit")
  }
  let pending = graph.pendingStatistics
  let attributes = CommitAttributes(
    optimizer: optimizer, parameters: gradients.gradients.map(\.parameter),
    copies: Array(repeating: nil, count: gradients.gradients.count), statistics: pending.map(\.name),
    rounding: rounding)
  try graph.addNode(
    .commit(attributes), [loss, gradients.verdict] + gradients.gradients.map(\.gradient) + pending.map(\.pending),
    layer: "", phase: .optimizer)
  try graph.verify()
  return graph
}

extension Graph {
  /// Running statistics that the batch-norm nodes of a training step renew: the name in the state, the value read, and
  /// the one that waits to be committed.
  package var pendingStatistics: [(name: String, committed: ValueID, pending: ValueID)] {
    var result: [(name: String, committed: ValueID, pending: ValueID)] = []
    for node in nodes {
      guard case .batchNorm = node.operation else { continue }
      // Operands 3 and 4 are the running mean and variance; results 3 and 4 are their pending values.
      for position in [3, 4] {
        // A statistic stored in 16 bits is read through a cast.
        var committed = node.inputs[position]
        if case .node(let producer, _) = self[committed].origin, case .cast = nodes[producer].operation {
          committed = nodes[producer].inputs[0]
        }
        guard case .statistic(let name) = self[committed].origin else { continue }
        result.append((name, committed, node.outputs[position]))
      }
    }
    return result
  }
}
