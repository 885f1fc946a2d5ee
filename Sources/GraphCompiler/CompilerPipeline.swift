public import GraphIR
public import TensorCore

/// The passes from a forward graph to what a backend runs, in their order; each result can be printed.
public struct CompilerPipeline: Sendable {
  /// Formats of operations and parameters.
  public var formats: FormatRules
  /// Micro-batches whose gradients are summed in a step.
  public var microBatches: Int
  /// Clippings of the unscaled gradients, in this order.
  public var clipping: [GradientClipping]
  /// What the backward pass computes again instead of keeping it.
  public var recompute: Recompute

  /// A pipeline for one precision.
  public init(
    _ formats: FormatRules, microBatches: Int = 1, clipping: [GradientClipping] = [], recompute: Recompute = .nothing
  ) {
    self.formats = formats
    self.microBatches = microBatches
    self.clipping = clipping
    self.recompute = recompute
  }

  /// A pipeline of torch.autocast to a format; nil for fp32.
  public init(autocastFormat: DType?, microBatches: Int = 1, clipping: [GradientClipping] = []) {
    self.init(FormatRules(compute: autocastFormat), microBatches: microBatches, clipping: clipping)
  }

  /// A named result of a pass.
  public struct Stage: Sendable {
    /// Name of the pass.
    public var name: String
    /// The graph after it.
    public var graph: Graph
  }

  /// All stages of a training step: forward, backward, commit.
  ///
  /// From "commit" on the loss is the only output: other results need not outlive their last use in a step.
  ///
  /// The last stage is what runs.
  public func trainingStages(_ forward: Graph, optimizer: OptimizerKind) throws(GraphError) -> [Stage] {
    var stages = try forwardStages(forward)
    let joint = try differentiate(stages[stages.count - 1].graph)
    stages.append(Stage(name: "autodiff", graph: joint.graph))
    let accumulated = try accumulateGradients(joint, microBatches: microBatches)
    if microBatches > 1 { stages.append(Stage(name: "accumulate", graph: accumulated.graph)) }
    var unscaled = try UnscaledGradients(accumulated)
    for clipping in clipping { try unscaled.clip(clipping) }
    var committed = try appendCommit(unscaled, optimizer: optimizer, rounding: formats.rounding)
    committed.outputs = committed.outputs.filter { $0.key == "loss" }
    stages.append(Stage(name: "commit", graph: committed))
    try finish(&stages)
    return stages
  }

  /// All stages of a forward pass without gradients.
  ///
  /// The last stage is what runs.
  public func inferenceStages(_ forward: Graph) throws(GraphError) -> [Stage] {
    var stages = try forwardStages(forward)
    try finish(&stages)
    return stages
  }

  private func forwardStages(_ forward: Graph) throws(GraphError) -> [Stage] {
    let cast = try autocast(forward, formats)
    return [
      Stage(name: "forward", graph: forward),
      Stage(name: "autocast", graph: cast),
      Stage(name: "fuse activations", graph: try fuseActivations(cast)),
    ]
  }

  private func finish(_ stages: inout [Stage]) throws(GraphError) {
    let copies = try keepLowPrecisionCopies(stages[stages.count - 1].graph)
    stages.append(Stage(name: "low-precision copies", graph: copies))
    let folded = try removeDeadNodes(foldWideningCasts(copies))
    stages.append(Stage(name: "simplify", graph: folded))
    let recomputed = try GraphCompiler.recompute(folded, recompute)
    if recompute != .nothing { stages.append(Stage(name: "recompute", graph: recomputed)) }
    stages.append(Stage(name: "schedule", graph: try schedule(recomputed)))
  }
}
