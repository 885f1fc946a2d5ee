package import GraphIR
import TensorCore

extension Graph {
  /// Whether the node's result is its operand under another shape.
  ///
  /// A sequence of pixels lies as the image does, channels last. `flatten` is a view only where the orders agree:
  /// activations lie in memory as N, H, W, C, and torch flattens to C, H, W; C or H·W has to be 1.
  package func isView(_ node: Node) -> Bool {
    let spatial: [Int]
    switch node.operation {
    case .flatten: spatial = self[node.inputs[0]].type.shape.dimensions
    case .unflatten: spatial = self[node.outputs[0]].type.shape.dimensions
    case .toSequence, .fromSequence, .reshape: return true
    default: return false
    }
    guard spatial.count == 4 else { return true }
    return spatial[1] == 1 || spatial[2] * spatial[3] == 1
  }

  /// Results and operands that may lie in the same place: a view, or a kernel that may write over its operands.
  func sharableOperands(of node: Node) -> [(result: ValueID, operand: ValueID)] {
    switch node.operation {
    case .flatten, .unflatten, .toSequence, .fromSequence, .reshape:
      isView(node) ? [(node.outputs[0], node.inputs[0])] : []
    case .relu, .gelu, .sigmoid, .tanh, .silu, .dropout, .add, .multiply, .reluBackward, .geluBackward,
      .sigmoidBackward, .tanhBackward, .siluBackward, .batchNormBackward:
      [(node.outputs[0], node.inputs[0])]
    // dx over x, and dgates over gates.
    case .lstmBackward: [(node.outputs[0], node.inputs[1]), (node.outputs[4], node.inputs[5])]
    default: []
    }
  }

  /// The values that `commit` takes as gradients of parameters.
  var parameterGradients: Set<ValueID> {
    for node in nodes {
      if case .commit(let attributes) = node.operation {
        return Set(node.inputs[CommitAttributes.firstGradient..<attributes.firstStatistic])
      }
    }
    return []
  }

  /// What a value is, for people: the input's name, or layer and operation.
  func title(of value: Value) -> String {
    switch value.origin {
    case .input(let name): return "input \(name)"
    case .parameter(let name), .statistic(let name): return name
    case .lowPrecisionCopy(let name): return "copy of \(name)"
    case .node(let number, let result):
      let node = nodes[number]
      let title = node.layer.isEmpty ? node.operation.name : "\(node.layer) \(node.operation.name)"
      return result == 0 ? title : "\(title) result \(result)"
    }
  }
}
