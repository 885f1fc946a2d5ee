public import GraphIR
public import TensorCore

/// Autocast: makes the formats of a forward graph explicit.
///
/// Algorithm: one walk in order. For each node the op list (`AutocastPolicy`) states the format of its floating-point
/// operands; an operand in another format goes through a cast node, shared by all users of the same value in the same
/// format (torch's weight cache, for activations too: a cast is a pure function). Casts stand above differentiation, so
/// what backward saves is the 16-bit tensor: that is the memory saving.
/// The value named "logits" is cast to fp32, as every mode demands before the loss.
///
/// Invariant: with `format` nil the graph comes back unchanged.
/// Throws `GraphError(.banned)` for an operation on torch's banned list.
/// Follows aten/src/ATen/autocast_mode.cpp.
public func autocast(_ graph: Graph, to format: DType?) throws(GraphError) -> Graph {
  guard let format else { return graph }
  var pass = AutocastPass(rewriter: GraphRewriter(graph), format: format)
  for node in graph.nodes { try pass.visit(node) }
  try pass.raiseOutputs()
  return try pass.rewriter.finish()
}

private struct CastKey: Hashable {
  var value: ValueID
  var dtype: DType
}

private struct AutocastPass {
  var rewriter: GraphRewriter
  let format: DType
  var casts: [CastKey: ValueID] = [:]

  mutating func visit(_ node: Node) throws(GraphError) {
    let policy = AutocastPolicy(node.operation)
    var operands: [ValueID] = []
    for input in node.inputs { operands.append(try rewriter.mapped(input)) }
    let wanted: DType? =
      switch policy {
      case .lowerPrecision: format
      case .float32: .float32
      case .promote:
        operands.map { rewriter.target[$0].type.dtype }.reduce(nil as DType?) { $0?.promoted(with: $1) ?? $1 }
      case .inherit, .banned: nil
      }
    if policy == .banned {
      throw GraphError(
        .banned, layer: node.layer,
        "\(node.operation.name) is unsafe under autocast: the gradient of a probability need not be representable in 16 "
          + "bits; give logits to binary_cross_entropy_with_logits, or train in fp32")
    }
    if let wanted {
      for (index, operand) in operands.enumerated() where rewriter.target[operand].type.dtype.isFloatingPoint {
        operands[index] = try cast(operand, to: wanted, node: node, reason: policy.reason(for: node.operation))
      }
    }
    try rewriter.copy(node, inputs: operands)
  }

  mutating func raiseOutputs() throws(GraphError) {
    guard let logits = rewriter.source.outputs["logits"] else { return }
    let value = try rewriter.mapped(logits)
    guard rewriter.target[value].type.dtype != .float32 else { return }
    let key = CastKey(value: value, dtype: .float32)
    guard let raised = casts[key] else {
      let outputs = try rewriter.target.addNode(
        .cast(.float32), [value], layer: rewriter.target[value].label,
        reason: "model outputs are fp32 before the loss")
      rewriter.replace(logits, with: outputs[0])
      return
    }
    rewriter.replace(logits, with: raised)
  }

  private mutating func cast(
    _ value: ValueID, to dtype: DType, node: Node, reason: String
  ) throws(GraphError) -> ValueID {
    guard rewriter.target[value].type.dtype != dtype else { return value }
    let key = CastKey(value: value, dtype: dtype)
    if let known = casts[key] { return known }
    let result = try rewriter.target.addNode(
      .cast(dtype), [value], layer: node.layer, phase: node.phase, reason: reason)[0]
    casts[key] = result
    return result
  }
}
