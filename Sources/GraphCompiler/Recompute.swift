public import GraphIR
import TensorCore

/// Which activations the backward pass computes again instead of keeping them: activation checkpointing.
///
/// Source: Chen and others 2016, "Training Deep Nets with Sublinear Memory Cost"; torch.utils.checkpoint.
public enum Recompute: Sendable, Hashable {
  /// Everything that the backward pass reads is kept.
  case nothing
  /// The forward pass is cut into this many segments: of all but the last only what crosses a cut is kept.
  case segments(Int)
  /// The number of segments whose step has the least bytes at its peak, without scratch; `nothing` where none has less.
  case automatic
}

/// Computes activations again in the backward pass, as far as `recompute` says.
///
/// The clones are the forward nodes themselves, dropout's masks and batch norm's statistics included, so that the gradients
/// are the same bits; running statistics are taken from the first computation. They run just before the backward node that
/// reads them, and count as backward.
///
/// Throws `GraphError(.attribute)` for fewer than 2 segments. O(segments · n) in the number of nodes.
public func recompute(_ graph: Graph, _ recompute: Recompute) throws(GraphError) -> Graph {
  switch recompute {
  case .nothing: return graph
  case .segments(let count):
    guard count >= 2 else {
      throw GraphError(
        .attribute, layer: "", "activations are recomputed in 2 segments or more, found \(count)")
    }
    return try Recomputation(graph, segments: count).run()
  case .automatic:
    var best = (graph: graph, bytes: peakBytes(try schedule(graph)))
    for count in [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64] {
      let candidate = try Recomputation(graph, segments: count).run()
      let bytes = peakBytes(try schedule(candidate))
      if bytes < best.bytes { best = (candidate, bytes) }
    }
    return best.graph
  }
}

/// One graph whose forward pass is cut.
private struct Recomputation {
  private let graph: Graph
  /// Segment of each forward node, by node number; the last one is not computed again.
  private let segments: [Int: Int]
  private let last: Int
  /// Values of forward nodes that stay in memory.
  private let kept: Set<ValueID>
  private var rewriter: GraphRewriter
  /// The second computation of a value.
  private var clones: [ValueID: ValueID] = [:]

  init(_ graph: Graph, segments count: Int) {
    self.graph = graph
    let forward = graph.nodes.indices.filter { graph.nodes[$0].phase == .forward }
    let cuts = SegmentCuts(graph, forward: forward).positions(segments: count)
    var segments: [Int: Int] = [:]
    for (position, number) in forward.enumerated() {
      segments[number] = cuts.prefix { $0 <= position }.count
    }
    last = cuts.count
    self.segments = segments

    var kept = Set(graph.outputs.values)
    for (number, node) in graph.nodes.enumerated() where node.phase == .forward {
      if segments[number] == last { kept.formUnion(node.outputs) }
      for input in node.inputs {
        if case .node(let producer, _) = graph[input].origin, segments[producer] != segments[number] {
          kept.insert(input)
        }
      }
    }
    self.kept = kept
    rewriter = GraphRewriter(graph)
  }

  consuming func run() throws(GraphError) -> Graph {
    for node in graph.nodes {
      guard node.phase == .backward else {
        try rewriter.copy(node)
        continue
      }
      var operands: [ValueID] = []
      for input in node.inputs { operands.append(try available(input)) }
      try rewriter.copy(node, inputs: operands)
    }
    return try rewriter.finish()
  }

  /// The value as the backward pass can read it: kept, or computed again.
  private mutating func available(_ value: ValueID) throws(GraphError) -> ValueID {
    guard case .node(let producer, _) = graph[value].origin, segments[producer] != nil, !kept.contains(value) else {
      return try rewriter.mapped(value)
    }
    if let clone = clones[value] { return clone }
    var node = graph.nodes[producer]
    var operands: [ValueID] = []
    for input in node.inputs { operands.append(try available(input)) }
    // Running statistics and other passes' values stay those of the first computation.
    var originals: [ValueID] = []
    for output in node.outputs { originals.append(try rewriter.mapped(output)) }
    (node.phase, node.isRecomputed) = (.backward, true)
    node.reason = "recompute: not kept by the forward pass"
    try rewriter.copy(node, inputs: operands)
    for (output, original) in zip(node.outputs, originals) {
      clones[output] = try rewriter.mapped(output)
      rewriter.replace(output, with: original)
    }
    guard let clone = clones[value] else {
      throw GraphError(.invariant, layer: node.layer, "\(value) is no result of the node that makes it")
    }
    return clone
  }
}

/// Where a forward pass may be cut: between which nodes, and how many bytes cross.
private struct SegmentCuts {
  /// Bytes that cross the cut before each forward node.
  private var crossing: [Int]
  /// Bytes that the backward pass reads of all forward nodes before each.
  private var saved: [Int]

  init(_ graph: Graph, forward: [Int]) {
    var position: [Int: Int] = [:]
    for (index, number) in forward.enumerated() { position[number] = index }
    var lastUse: [ValueID: Int] = [:]
    var isSaved = Set<ValueID>()
    for (number, node) in graph.nodes.enumerated() {
      for input in node.inputs {
        if let place = position[number] { lastUse[input] = place } else { isSaved.insert(input) }
      }
    }
    var change = [Int](repeating: 0, count: forward.count + 1)
    saved = [0]
    for (index, number) in forward.enumerated() {
      var bytes = 0
      for output in graph.nodes[number].outputs {
        let size = graph[output].type.byteCount
        if isSaved.contains(output) { bytes += size }
        if let use = lastUse[output] {
          change[index + 1] += size
          change[use + 1] -= size
        }
      }
      saved.append(saved[index] + bytes)
    }
    var running = 0
    crossing = change.map { step in
      running += step
      return running
    }
  }

  /// Positions of the cuts into `segments` parts of about as many saved bytes each; fewer where there are not so many
  /// places.
  ///
  /// Each lies where the least crosses, among the places that are nearer to its own share than to a neighbour's.
  func positions(segments: Int) -> [Int] {
    guard let total = saved.last, total > 0 else { return [] }
    var cuts: [Int] = []
    for part in 1..<segments {
      let ideal = Double(part) / Double(segments) * Double(total)
      let reach = Double(total) / Double(segments) / 2
      let places = (1..<max(crossing.count - 1, 1)).filter { abs(Double(saved[$0]) - ideal) <= reach }
      let cut = places.min {
        (Double(crossing[$0]), abs(Double(saved[$0]) - ideal)) < (Double(crossing[$1]), abs(Double(saved[$1]) - ideal))
      }
      if let cut, cut > cuts.last ?? 0 { cuts.append(cut) }
    }
    return cuts
  }
}
