import TensorCore

extension Graph {
  /// Floating-point operations of GEMM, convolution, attention and LSTM in one run; a multiply-add counts as two.
  ///
  /// What is computed again to save memory does not count: it is no progress (PaLM's model FLOPs, Chowdhery and others
  /// 2022, appendix B).
  public var floatingPointOperations: Double {
    nodes.reduce(0) { $0 + ($1.isRecomputed ? 0 : floatingPointOperations(of: $1)) }
  }

  /// Floating-point operations of a node; 0 for what multiplies no matrices.
  public func floatingPointOperations(of node: Node) -> Double {
    func count(_ shape: Shape) -> Double { Double(shape.count) }
    switch node.operation {
    case .linear:
      // y (N, out) takes `in` multiply-adds an element.
      return 2 * count(self[node.outputs[0]].type.shape) * Double(self[node.inputs[1]].type.shape[1])
    case .matmul(let transposeA, _):
      let a = self[node.inputs[0]].type.shape
      return 2 * count(self[node.outputs[0]].type.shape) * Double(transposeA ? a[a.rank - 2] : a[a.rank - 1])
    case .conv2d:
      // y (N, O, OH, OW) takes I·KH·KW multiply-adds an element; both gradients take as many.
      let weight = self[node.inputs[1]].type.shape
      return 2 * count(self[node.outputs[0]].type.shape) * Double(weight.count / max(weight[0], 1))
    case .convTranspose2d:
      // Each element of x (N, I, H, W) takes part in O·KH·KW multiply-adds.
      let weight = self[node.inputs[1]].type.shape
      return 2 * count(self[node.inputs[0]].type.shape) * Double(weight.count / max(weight[0], 1))
    case .attention:
      // q kᵀ and p v: T multiply-adds an element of (N, T, C) each. Masked scores are computed all the same.
      let output = self[node.outputs[0]].type.shape
      return 4 * count(output) * Double(output[1])
    case .attentionBackward:
      // Scores again, dv, dp, dq and dk.
      let output = self[node.inputs[2]].type.shape
      return 10 * count(output) * Double(output[1])
    case .lstm: return lstmProducts(x: node.inputs[0], hidden: node.inputs[2])
    case .lstmBackward: return 2 * lstmProducts(x: node.inputs[1], hidden: node.inputs[3])
    case .conv2dBackwardData:
      let weight = self[node.inputs[1]].type.shape
      return 2 * count(self[node.inputs[0]].type.shape) * Double(weight.count / max(weight[0], 1))
    case .conv2dBackwardWeights:
      let weight = self[node.outputs[0]].type.shape
      return 2 * count(self[node.inputs[1]].type.shape) * Double(weight.count / max(weight[0], 1))
    default: return 0
    }
  }

  /// N·T times 4 H (I + H) multiply-adds.
  private func lstmProducts(x: ValueID, hidden: ValueID) -> Double {
    let (x, weight) = (self[x].type.shape, self[hidden].type.shape)
    return 2 * Double(x[0] * x[1]) * Double(weight[0]) * Double(x[2] + weight[1])
  }
}
