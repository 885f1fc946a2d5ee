public import GraphIR
import TensorCore

/// A forward graph with its backward pass appended.
public struct JointGraph: Sendable {
  /// Forward nodes, then backward nodes.
  public var graph: Graph
  /// The gradient of each trainable parameter, in the order of declaration; of the scaled loss.
  public var gradients: [(parameter: String, gradient: ValueID)]
}

/// Reverse-mode differentiation of "loss" with respect to every trainable parameter.
///
/// Algorithm: nodes in reverse order; each node that a parameter's gradient passes through hands its cotangents to the
/// VJP table (`vectorJacobianProduct`), which appends backward nodes and returns cotangents of the operands. A value
/// with several users gets the sum. Backward nodes run in the format of their forward node, and a cast's VJP is the cast
/// back: PyTorch's semantics under autocast.
/// The seed of the loss is the loss scale: `cross_entropy_backward` multiplies by it.
///
/// Throws `GraphError` where there is no loss, or a trainable parameter does not reach it.
public func differentiate(_ graph: Graph) throws(GraphError) -> JointGraph {
  guard let loss = graph.outputs["loss"] else {
    throw GraphError(.name, layer: "", "the graph has no output called \"loss\" to differentiate")
  }
  // A value needs a gradient where a trainable parameter lies upstream.
  var needsGradient = Set<ValueID>()
  for value in graph.values {
    if case .parameter = value.origin { needsGradient.insert(value.id) }
  }
  for node in graph.nodes where node.inputs.contains(where: needsGradient.contains) {
    needsGradient.formUnion(node.outputs)
  }

  var tape = GradientTape(graph: graph, needsGradient: needsGradient)
  for number in graph.nodes.indices.reversed() {
    let node = graph.nodes[number]
    let isLoss = node.outputs.first == loss
    guard node.outputs.contains(where: needsGradient.contains) else { continue }
    let cotangent = node.outputs.first.flatMap { tape.cotangents[$0] }
    guard isLoss || cotangent != nil else { continue }
    try tape.propagate(node, cotangent: cotangent)
  }

  var gradients: [(parameter: String, gradient: ValueID)] = []
  for parameter in graph.parameters where parameter.isTrainable {
    let value = graph.values.first { $0.origin == .parameter(parameter.name) }
    guard let value, let gradient = tape.cotangents[value.id] else {
      throw GraphError(.name, layer: "", "parameter \"\(parameter.name)\" does not reach the loss; remove it")
    }
    gradients.append((parameter.name, gradient))
  }
  try tape.graph.verify()
  return JointGraph(graph: tape.graph, gradients: gradients)
}

/// The graph under construction and the cotangents found so far.
struct GradientTape {
  var graph: Graph
  let needsGradient: Set<ValueID>
  var cotangents: [ValueID: ValueID] = [:]

  /// Appends a backward node.
  mutating func append(
    _ operation: Operation, _ inputs: [ValueID], layer: String, resultShape: ValueID? = nil, reason: String? = nil
  ) throws(GraphError) -> [ValueID] {
    try graph.addNode(
      operation, inputs, layer: layer, phase: .backward, reason: reason,
      resultShape: resultShape.map { graph[$0].type.shape })
  }

  /// Adds a contribution to the cotangent of a value.
  mutating func accumulate(_ contribution: ValueID, into value: ValueID, layer: String) throws(GraphError) {
    guard let sum = cotangents[value] else {
      cotangents[value] = contribution
      return
    }
    cotangents[value] = try append(
      .add, [sum, contribution], layer: layer, reason: "autodiff: the value has several users")[0]
  }
}
