public import GraphIR
import TensorCore

/// Replaces the cast of a parameter at every step by a copy that the optimizer writes when it updates the parameter.
///
///     %9 bf16 = cast_bf16(parameter "1.weight")      becomes      %9 bf16 = copy of "1.weight"
///
/// Exact: the copy is the same rounding of the same fp32 value. The copy lives between steps; whoever changes parameters
/// by other means (loading weights, switching precision) has it rebuilt from the parameter (`Executable.activate`).
/// A parameter has one copy; where it is cast to both formats, the second cast stays.
/// In a graph without `commit` (inference) copies are made at activation and never change.
public func keepLowPrecisionCopies(_ graph: Graph) throws(GraphError) -> Graph {
  var rewriter = GraphRewriter(graph)
  var copies: [String: ValueID] = [:]
  for node in graph.nodes {
    if case .cast(let dtype) = node.operation, dtype.isLowPrecision,
      case .parameter(let name) = graph[node.inputs[0]].origin,
      copies[name].map({ rewriter.target[$0].type.dtype == dtype }) ?? true
    {
      let copy =
        copies[name]
        ?? rewriter.target.addValue(
          graph[node.outputs[0]].type, origin: .lowPrecisionCopy(of: name), label: graph[node.inputs[0]].label)
      copies[name] = copy
      rewriter.replace(node.outputs[0], with: copy)
    } else if case .commit(var attributes) = node.operation {
      var operands: [ValueID] = []
      for input in node.inputs { operands.append(try rewriter.mapped(input)) }
      attributes.copies = attributes.parameters.map { copies[$0] }
      try rewriter.target.addNode(
        .commit(attributes), operands, layer: node.layer, phase: node.phase, reason: node.reason)
    } else {
      try rewriter.copy(node)
    }
  }
  return try rewriter.finish()
}
