public import GraphIR

/// Fuses relu into the linear or batch-norm node whose only use it is.
///
/// Exact in every format: rounding is monotonic and keeps 0, so max(round(v), 0) = round(max(v, 0)). Runs before
/// differentiation, so that the fused node has one VJP of its own and backward fuses by itself.
///
///     batch_norm → relu   becomes   batch_norm+relu
///     linear → relu       becomes   linear+relu
///
/// Does not fuse gelu (backward needs its input) nor through casts.
public func fuseActivations(_ graph: Graph) throws(GraphError) -> Graph {
  var uses: [ValueID: Int] = [:]
  for node in graph.nodes { for input in node.inputs { uses[input, default: 0] += 1 } }
  for output in graph.outputs.values { uses[output, default: 0] += 1 }

  // Producer node number → relu node whose work it takes over.
  var absorbed: [Int: Node] = [:]
  for node in graph.nodes where node.operation == .relu {
    let operand = node.inputs[0]
    guard uses[operand] == 1, case .node(let producer, result: 0) = graph[operand].origin else { continue }
    if graph.nodes[producer].operation.withRelu != nil { absorbed[producer] = node }
  }

  var rewriter = GraphRewriter(graph)
  for (number, node) in graph.nodes.enumerated() {
    if node.operation == .relu, case .node(let producer, _) = graph[node.inputs[0]].origin,
      absorbed[producer] == node
    {
      rewriter.replace(node.outputs[0], with: try rewriter.mapped(node.inputs[0]))
    } else if absorbed[number] != nil {
      try rewriter.copy(node, operation: node.operation.withRelu)
    } else {
      try rewriter.copy(node)
    }
  }
  return try rewriter.finish()
}

extension Operation {
  /// The same operation followed by relu in one kernel; nil where there is no such kernel.
  fileprivate var withRelu: Operation? {
    switch self {
    case .linear(relu: false): return .linear(relu: true)
    case .batchNorm(var attributes) where !attributes.relu:
      attributes.relu = true
      return .batchNorm(attributes)
    case .batchNormInference(var attributes) where !attributes.relu:
      attributes.relu = true
      return .batchNormInference(attributes)
    default: return nil
    }
  }
}
