import TensorCore

/// Copies a graph node by node into a new one, so that a pass changes only what it is about.
///
/// Sources (inputs, parameters, statistics, copies) are carried over at the start, so `mapped` knows them.
public struct GraphRewriter {
  /// The graph that is read.
  public let source: Graph
  /// The graph that is written.
  public var target = Graph()
  private var map: [ValueID: ValueID] = [:]

  /// Starts a copy of `source` that has its sources and no nodes.
  public init(_ source: Graph) {
    self.source = source
    target.parameters = source.parameters
    for value in source.values {
      if case .node = value.origin { continue }
      map[value.id] = target.addValue(value.type, origin: value.origin, label: value.label)
    }
  }

  /// The new value that stands for an old one.
  ///
  /// Throws `GraphError(.invariant)` where it has not been written yet.
  public func mapped(_ old: ValueID) throws(GraphError) -> ValueID {
    guard let new = map[old] else {
      throw GraphError(.invariant, layer: source[old].label, "\(old) was dropped by a pass that still needs it")
    }
    return new
  }

  /// States which new value stands for an old one.
  public mutating func replace(_ old: ValueID, with new: ValueID) { map[old] = new }

  /// Writes a node of the source as it is, with other operands if stated, and records its results.
  public mutating func copy(_ node: Node, operation: Operation? = nil, inputs: [ValueID]? = nil) throws(GraphError) {
    var operands: [ValueID] = []
    if let inputs {
      operands = inputs
    } else {
      for input in node.inputs { operands.append(try mapped(input)) }
    }
    var operation = operation ?? node.operation
    if case .commit(var attributes) = operation {
      for (index, copy) in attributes.copies.enumerated() {
        if let copy { attributes.copies[index] = try mapped(copy) }
      }
      operation = .commit(attributes)
    }
    let outputs = try target.addNode(
      operation, operands, layer: node.layer, phase: node.phase, reason: node.reason,
      isRecomputed: node.isRecomputed, resultShape: node.outputs.first.map { source[$0].type.shape })
    for (old, new) in zip(node.outputs, outputs) { map[old] = new }
  }

  /// Carries the named outputs over and checks the result.
  public mutating func finish() throws(GraphError) -> Graph {
    for (name, id) in source.outputs { target.setOutput(name, try mapped(id)) }
    try target.verify()
    return target
  }
}
