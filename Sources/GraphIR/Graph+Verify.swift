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
}
