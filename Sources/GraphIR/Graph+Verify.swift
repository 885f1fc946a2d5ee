import TensorCore

extension Graph {
  /// Checks the invariants stated at `Graph`; run after every pass.
  ///
  /// Throws `GraphError` with code `invariant` that names the node. O(values + nodes).
  public func verify() throws(GraphError) {
    func broken(_ layer: String, _ message: String) -> GraphError { GraphError(.invariant, layer: layer, message) }
    for (index, value) in values.enumerated() where value.id.index != index {
      throw broken(value.label, "value \(value.id) stands at place \(index)")
    }
    var defined = Set(
      values.filter {
        if case .node = $0.origin { false } else { true }
      }.map(\.id))
    for (number, node) in nodes.enumerated() {
      for input in node.inputs where !defined.contains(input) {
        throw broken(node.layer, "node \(number) (\(node.operation.name)) uses \(input) before it exists")
      }
      for output in node.outputs where !values.indices.contains(output.index) {
        throw broken(node.layer, "node \(number) (\(node.operation.name)) makes \(output), which does not exist")
      }
      let stated = node.outputs.first.map { self[$0].type.shape }
      let types = try inferTypes(
        node.operation, node.inputs.map { self[$0].type }, layer: node.layer, resultShape: stated)
      guard types == node.outputs.map({ self[$0].type }) else {
        throw broken(
          node.layer,
          "node \(number) (\(node.operation.name)) has results of types "
            + "\(node.outputs.map { self[$0].type }), expected \(types)")
      }
      try verifyOrderOfStep(node)
      for (position, output) in node.outputs.enumerated() {
        guard self[output].origin == .node(number, result: position) else {
          throw broken(node.layer, "value \(output) does not know that node \(number) makes it")
        }
        defined.insert(output)
      }
    }
    for (name, output) in outputs where !defined.contains(output) {
      throw broken("", "output \"\(name)\" (\(output)) is made by no node")
    }
    let known = Set(parameters.map(\.name))
    for value in values {
      switch value.origin {
      case .parameter(let name), .statistic(let name), .lowPrecisionCopy(let name):
        guard known.contains(name) else { throw broken(value.label, "unknown parameter \"\(name)\"") }
      case .input, .node: break
      }
    }
  }

  /// Clipping and committing take a verdict of `unscale`: what is clipped, and what updates weights, is unscaled.
  ///
  /// Clipping by norm comes before clipping by value.
  private func verifyOrderOfStep(_ node: Node) throws(GraphError) {
    let verdict: ValueID
    switch node.operation {
    case .clip: verdict = node.inputs[0]
    case .commit: verdict = node.inputs[1]
    default: return
    }
    if case .node(let producer, _) = self[verdict].origin {
      switch (nodes[producer].operation, node.operation) {
      case (.clip(.value), .clip(.norm)):
        throw GraphError(
          .order, layer: node.layer,
          "\(node.operation.name) comes after clip_grad_value: the verdict holds the norm of gradients that are not "
            + "clamped; clip by norm first")
      case (.unscale, _), (.clip, _): return
      default: break
      }
    }
    throw GraphError(
      .order, layer: node.layer,
      "\(node.operation.name) comes before unscale: gradients of the scaled loss would be judged by a limit meant for "
        + "the true ones; unscale first")
  }
}
