public import GraphIR

/// Sums gradients over the micro-batches of a step, and averages the loss.
///
/// Every gradient goes through an `accumulate` node into an fp32 sum. A backend runs all nodes but those of the optimizer
/// phase once a micro-batch, with the loss scale divided by `count`, and then the optimizer phase once: scale, weights and
/// running statistics' commit wait for the last micro-batch, as in torch's recipe for gradient accumulation.
/// With a count of 1 the graph comes back unchanged. Throws `GraphError` for a count below 1.
public func accumulateGradients(_ joint: JointGraph, microBatches count: Int) throws(GraphError) -> JointGraph {
  guard count >= 1 else {
    throw GraphError(.attribute, layer: "", "gradients are accumulated over 1 micro-batch or more, found \(count)")
  }
  guard count > 1 else { return joint }
  var result = joint
  guard let loss = joint.graph.outputs["loss"] else {
    throw GraphError(.name, layer: "", "the graph has no output called \"loss\" to accumulate")
  }
  let mean = try result.graph.addNode(.accumulateLoss(count: count), [loss], layer: "", phase: .backward)[0]
  result.graph.setOutput("loss", mean)
  for (index, entry) in joint.gradients.enumerated() {
    result.gradients[index].gradient = try result.graph.addNode(
      .accumulate, [entry.gradient], layer: joint.graph[entry.gradient].label, phase: .backward)[0]
  }
  try result.graph.verify()
  return result
}

extension Graph {
  /// Values that one micro-batch of a step leaves for the next; none where a step has only one.
  var carriedValues: [ValueID] {
    guard microBatchCount > 1 else { return [] }
    var result = pendingStatistics.map(\.pending)
    for node in nodes {
      switch node.operation {
      case .accumulate, .accumulateLoss: result += node.outputs
      default: break
      }
    }
    return result
  }
}
