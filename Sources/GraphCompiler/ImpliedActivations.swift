public import GraphIR
import TensorCore

extension Graph {
  /// Bytes of activations that the formats of a step's operations imply: what the forward pass has to leave for the
  /// backward pass.
  ///
  /// The sum over the tensors that exist before the backward pass (inputs, and results of forward nodes) and that a
  /// backward node reads, each once, in its format. So
  ///
  /// - the format is that of the operation that made the tensor, which under autocast its op list gives: 16 bits for
  ///   products and for what goes on in their format, fp32 for the operations of the fp32 list. A tensor and its cast are
  ///   two where backward reads both, as when torch's autograd saves both;
  /// - other shapes of the same elements are the same tensor;
  /// - parameters, statistics and 16-bit copies are not activations; what only the forward pass reads, gradients, scratch,
  ///   and what `recompute` computes again need not be kept.
  ///
  /// A property of the graph, before planning: order, alignment, and what writes over what do not change it. All of it is
  /// alive when the backward pass begins, so that `MemoryPlan.mostByOwner` of activations is at least this much; what that
  /// has beyond it are gradients on their way, results that only forward reads, and alignment.
  ///
  /// O(values + operands). Source: PyTorch, "Automatic Mixed Precision package", section "Autocast Op Reference".
  public var impliedActivationBytes: Int {
    var tensors = values.map(\.id)
    var kept = Set<ValueID>()
    for node in nodes {
      if isView(node) { tensors[node.outputs[0].index] = tensors[node.inputs[0].index] }
      guard node.phase == .backward else { continue }
      for input in node.inputs where isLeftByForward(tensors[input.index]) { kept.insert(tensors[input.index]) }
    }
    return kept.reduce(0) { $0 + self[$1].type.byteCount }
  }

  private func isLeftByForward(_ value: ValueID) -> Bool {
    switch self[value].origin {
    case .input: true
    case .node(let number, _): nodes[number].phase == .forward
    case .parameter, .statistic, .lowPrecisionCopy: false
    }
  }
}
