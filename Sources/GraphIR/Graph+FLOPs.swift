import TensorCore

extension Graph {
  /// Floating-point operations of GEMM and convolution in one run; a multiply-add counts as two.
  public var floatingPointOperations: Double { nodes.reduce(0) { $0 + floatingPointOperations(of: $1) } }

  /// Floating-point operations of a node; 0 for what is neither GEMM nor convolution.
  public func floatingPointOperations(of node: Node) -> Double {
    func count(_ shape: Shape) -> Double { Double(shape.count) }
    switch node.operation {
    case .linear:
      // y (N, out) takes `in` multiply-adds an element.
      return 2 * count(self[node.outputs[0]].type.shape) * Double(self[node.inputs[1]].type.shape[1])
    case .matmul(let transposeA, _):
      let a = self[node.inputs[0]].type.shape
      return 2 * count(self[node.outputs[0]].type.shape) * Double(transposeA ? a[0] : a[1])
    case .conv2d:
      // y (N, O, OH, OW) takes I·KH·KW multiply-adds an element; both gradients take as many.
      let weight = self[node.inputs[1]].type.shape
      return 2 * count(self[node.outputs[0]].type.shape) * Double(weight.count / max(weight[0], 1))
    case .conv2dBackwardData:
      let weight = self[node.inputs[1]].type.shape
      return 2 * count(self[node.inputs[0]].type.shape) * Double(weight.count / max(weight[0], 1))
    case .conv2dBackwardWeights:
      let weight = self[node.outputs[0]].type.shape
      return 2 * count(self[node.inputs[1]].type.shape) * Double(weight.count / max(weight[0], 1))
    default: return 0
    }
  }
}
