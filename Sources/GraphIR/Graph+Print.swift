extension Graph: CustomStringConvertible {
  /// The graph as text, one line a node: results, operation, operands, layer, and why a pass put it there.
  ///
  /// Stable for equal graphs: inputs and parameters first, then the nodes in order.
  public var description: String {
    var lines: [String] = []
    for value in values {
      switch value.origin {
      case .input(let name): lines.append("\(value.id) = input \"\(name)\" \(value.type)")
      case .parameter(let name): lines.append("\(value.id) = parameter \"\(name)\" \(value.type)")
      case .statistic(let name): lines.append("\(value.id) = statistic \"\(name)\" \(value.type)")
      case .lowPrecisionCopy(let name):
        lines.append("\(value.id) = copy of \"\(name)\" \(value.type), written by the optimizer")
      case .node: break
      }
    }
    for node in nodes { lines.append(line(of: node)) }
    for (name, id) in outputs.sorted(by: { $0.key < $1.key }) { lines.append("output \"\(name)\" = \(id)") }
    return lines.joined(separator: "\n")
  }

  /// One node as a line.
  public func line(of node: Node) -> String {
    let results = node.outputs.map { "\($0) \(self[$0].type)" }.joined(separator: ", ")
    let operands = node.inputs.map(\.description).joined(separator: ", ")
    var line = results.isEmpty ? "" : results + " = "
    line += "\(node.operation.name)(\(operands))"
    if !node.operation.attributesText.isEmpty { line += " {\(node.operation.attributesText)}" }
    line += " [\(node.phase.rawValue)"
    if !node.layer.isEmpty { line += ", \(node.layer)" }
    line += "]"
    if let reason = node.reason { line += "  ; \(reason)" }
    return line
  }
}
