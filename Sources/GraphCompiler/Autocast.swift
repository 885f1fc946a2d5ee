public import GraphIR
public import TensorCore

/// Makes the formats of a forward graph explicit.
///
/// Algorithm: one walk in order. For each node the op list (`AutocastPolicy`), or a pattern that keeps it in fp32, states
/// the format of its floating-point operands; an operand in another format goes through a cast node, shared by all users
/// of the same value in the same format (torch's weight cache, for activations too: a cast is a pure function). Casts
/// stand above differentiation, so what backward saves is the 16-bit tensor: that is the memory saving.
/// Parameters that the rules store in 16 bits have that type from here on; batch norms read them through a cast.
/// The value named "logits" is cast to fp32, as every mode demands before the loss.
///
/// Invariant: without a format to compute in, the graph comes back unchanged.
/// Throws `GraphError(.banned)` for an operation on torch's banned list, and `GraphError(.name)` for a pattern that names
/// nothing. Follows aten/src/ATen/autocast_mode.cpp.
public func autocast(_ graph: Graph, _ rules: FormatRules) throws(GraphError) -> Graph {
  guard let format = rules.compute else { return graph }
  // A graph of inference lacks what patterns may name: the loss, dropout.
  if graph.outputs["loss"] != nil { try rules.checkPatterns(on: graph) }
  var rewriter = GraphRewriter(graph)
  rewriter.target.storeParameters(in: rules.storageFormats(of: graph))
  var pass = AutocastPass(rewriter: rewriter, format: format, rules: rules)
  for node in graph.nodes { try pass.visit(node) }
  try pass.raiseOutputs()
  return try pass.rewriter.finish()
}

/// torch.autocast to a format; the graph itself where it is nil.
public func autocast(_ graph: Graph, to format: DType?) throws(GraphError) -> Graph {
  try autocast(graph, FormatRules(compute: format))
}

extension Graph {
  /// States the formats that parameters and statistics are stored in; in a graph without nodes.
  fileprivate mutating func storeParameters(in formats: [String: DType]) {
    for index in parameters.indices { parameters[index].dtype = formats[parameters[index].name] ?? .float32 }
    for index in values.indices {
      switch values[index].origin {
      case .parameter(let name), .statistic(let name): values[index].type.dtype = formats[name] ?? .float32
      default: continue
      }
    }
  }
}

private struct CastKey: Hashable {
  var value: ValueID
  var dtype: DType
}

private struct AutocastPass {
  var rewriter: GraphRewriter
  let format: DType
  let rules: FormatRules
  var casts: [CastKey: ValueID] = [:]

  mutating func visit(_ node: Node) throws(GraphError) {
    var policy = AutocastPolicy(node.operation, style: rules.style)
    var reason = policy.reason(for: node.operation, style: rules.style)
    if let pattern = rules.keeping(node) { (policy, reason) = (.float32, "kept in fp32 by \"\(pattern)\"") }
    guard policy != .banned else {
      throw GraphError(
        .banned, layer: node.layer,
        "\(node.operation.name) is unsafe under autocast: the gradient of a probability need not be representable in 16 "
          + "bits; give logits to binary_cross_entropy_with_logits, or train in fp32")
    }
    var operands: [ValueID] = []
    for input in node.inputs { operands.append(try rewriter.mapped(input)) }
    for (index, wanted) in formats(of: operands, policy, node.operation).enumerated() {
      guard let wanted, rewriter.target[operands[index]].type.dtype.isFloatingPoint else { continue }
      operands[index] = try cast(operands[index], to: wanted, node: node, reason: reason)
    }
    try rewriter.copy(node, inputs: operands)
  }

  /// The format that each operand has to have; nil for any.
  private func formats(of operands: [ValueID], _ policy: AutocastPolicy, _ operation: Operation) -> [DType?] {
    let types = operands.map { rewriter.target[$0].type.dtype }
    var wanted: [DType?]
    switch policy {
    case .lowerPrecision: wanted = types.map { _ in format }
    case .float32: wanted = types.map { _ in .float32 }
    case .promote:
      let widest = types.reduce(nil as DType?) { $0?.promoted(with: $1) ?? $1 }
      wanted = types.map { _ in widest }
    case .inherit, .banned: wanted = types.map { _ in nil }
    case .lowerInput: wanted = [format] + types.dropFirst().map { _ in nil }
    }
    switch operation {
    case .batchNorm, .batchNormInference:
      // Affine parameters and statistics come in fp32, however they are stored.
      wanted = [wanted[0]] + types.dropFirst().map { _ in .float32 }
    default: break
    }
    return wanted
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
