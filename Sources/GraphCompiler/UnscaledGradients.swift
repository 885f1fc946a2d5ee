public import GraphIR

/// Gradients that are judged and divided by the loss scale: what clipping and the optimizer may see.
///
/// `JointGraph` holds gradients of the scaled loss. The two are different types, so that clipping before unscaling (the
/// classic mistake of hand-written AMP loops) does not compile; `Graph.verify()` rejects it in graphs made otherwise.
public struct UnscaledGradients: Sendable {
  /// The step so far.
  public private(set) var graph: Graph
  /// What `unscale` found, and how `commit` will clip: see `GradientVerdict`.
  public private(set) var verdict: ValueID
  /// The gradient of each trainable parameter, in the order of declaration; unscaled when `commit` reads it.
  public let gradients: [(parameter: String, gradient: ValueID)]

  /// Appends the node that judges all gradients: torch's GradScaler.unscale_.
  ///
  /// Throws `GraphError` where there is no gradient.
  public init(_ joint: JointGraph) throws(GraphError) {
    graph = joint.graph
    gradients = joint.gradients
    verdict = try graph.addNode(.unscale, joint.gradients.map(\.gradient), layer: "", phase: .optimizer)[0]
  }

  /// Appends clipping: torch.nn.utils.clip_grad_norm_ or clip_grad_value_.
  ///
  /// Throws `GraphError` where the limit is not a positive finite number.
  public mutating func clip(_ clipping: GradientClipping) throws(GraphError) {
    verdict = try graph.addNode(.clip(clipping), [verdict], layer: "", phase: .optimizer)[0]
  }
}
