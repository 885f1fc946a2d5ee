public import GraphIR
import TensorCore

/// Lets the end of a step (`accumulate`, `unscale`, `commit`) read 16-bit gradients itself instead of through a cast to
/// fp32.
///
///     %30 f32 = cast_f32(%29 bf16); commit(…, %30, …)      becomes      commit(…, %29, …)
///
/// Exact: widening loses nothing, so the update sees the same numbers; no rounding is dropped, in fp16 neither. Saves
/// the fp32 gradient and one pass over it. Casts with other users stay; unused ones go with `removeDeadNodes`.
public func foldWideningCasts(_ graph: Graph) throws(GraphError) -> Graph {
  var rewriter = GraphRewriter(graph)
  for node in graph.nodes {
    // Of commit, operand 0 is the loss, which has to be fp32.
    let firstGradient: Int
    switch node.operation {
    case .commit: firstGradient = CommitAttributes.firstGradient
    case .accumulate, .unscale: firstGradient = 0
    default:
      try rewriter.copy(node)
      continue
    }
    var operands: [ValueID] = []
    for (position, input) in node.inputs.enumerated() {
      var operand = input
      if position >= firstGradient, case .node(let producer, _) = graph[input].origin,
        case .cast(.float32) = graph.nodes[producer].operation
      {
        operand = graph.nodes[producer].inputs[0]
      }
      operands.append(try rewriter.mapped(operand))
    }
    try rewriter.copy(node, inputs: operands)
  }
  return try rewriter.finish()
}
