public import GraphIR
import TensorCore

/// Orders a graph so that its tensors take memory no longer than needed.
///
/// Sinks casts to just before their first use, and hoists sums of gradients to just behind the gradient, so that it dies
/// there. Then, where that lowers the peak of memory, sinks backward nodes whose results are larger than the operands that
/// wait for them.
///
/// The order of a graph can always be run, and the VJP table already puts the gradient of a weight before that of the
/// input, so that dy and x die early. A cast depends on nothing but its operand and may move freely, and so does a sum
/// over micro-batches; everything else keeps its order unless it saves memory, so the schedule is a pure function of the
/// graph. What is computed does not change.
public func schedule(_ graph: Graph) throws(GraphError) -> Graph {
  let ordered = try sinkCasts(graph)
  let sunk = try sinkCasts(sinkLargeResults(ordered))
  return peakBytes(sunk) < peakBytes(ordered) ? sunk : ordered
}

private func sinkCasts(_ graph: Graph) throws(GraphError) -> Graph {
  let firstUse = graph.uses.mapValues(\.lowerBound)
  var sunk: [Int: [Node]] = [:]
  var hoisted: [Int: [Node]] = [:]
  var isMoved = Set<Int>()
  for (number, node) in graph.nodes.enumerated() {
    switch (node.operation, node.inputs.first.map { graph[$0].origin }) {
    case (.cast, _):
      guard let use = firstUse[node.outputs[0]], use > number + 1 else { continue }
      sunk[use, default: []].append(node)
    case (.accumulate, .node(let producer, _)) where !isMoved.contains(producer):
      hoisted[producer, default: []].append(node)
    default: continue
    }
    isMoved.insert(number)
  }
  var rewriter = GraphRewriter(graph)
  for (number, node) in graph.nodes.enumerated() {
    for cast in sunk[number] ?? [] { try rewriter.copy(cast) }
    if !isMoved.contains(number) { try rewriter.copy(node) }
    for sum in hoisted[number] ?? [] { try rewriter.copy(sum) }
  }
  return try rewriter.finish()
}

/// Moves backward nodes to just before the first use of their result where the operands that this keeps alive are smaller.
///
/// The case is a gradient that waits for that of another branch, to be added to it: a strided convolution makes a large one
/// out of a small one.
private func sinkLargeResults(_ graph: Graph) throws(GraphError) -> Graph {
  let uses = graph.uses
  var sunk: [Int: [Node]] = [:]
  var isMoved = Set<Int>()
  for (number, node) in graph.nodes.enumerated() where node.phase == .backward && node.outputs.count == 1 {
    guard graph.sharableOperands(of: node).isEmpty, let use = uses[node.outputs[0]]?.lowerBound, use > number + 1,
      graph.nodes[use].phase == .backward, graph.nodes[use].operation != .accumulate
    else { continue }
    let waiting = Set(node.inputs).filter { uses[$0]?.upperBound == number && graph.liesInArena($0) }
    let waitingBytes = waiting.reduce(0) { $0 + graph[$1].type.byteCount }
    guard waitingBytes < graph[node.outputs[0]].type.byteCount else { continue }
    sunk[use, default: []].append(node)
    isMoved.insert(number)
  }
  var rewriter = GraphRewriter(graph)
  for (number, node) in graph.nodes.enumerated() {
    for moved in sunk[number] ?? [] { try rewriter.copy(moved) }
    if !isMoved.contains(number) { try rewriter.copy(node) }
  }
  return try rewriter.finish()
}

extension Graph {
  /// Numbers of the first and the last node that reads each value.
  fileprivate var uses: [ValueID: ClosedRange<Int>] {
    var uses: [ValueID: ClosedRange<Int>] = [:]
    for (number, node) in nodes.enumerated() {
      for input in node.inputs { uses[input] = (uses[input]?.lowerBound ?? number)...number }
    }
    return uses
  }

  fileprivate func liesInArena(_ value: ValueID) -> Bool {
    switch self[value].origin {
    case .input, .node: true
    case .parameter, .statistic, .lowPrecisionCopy: false
    }
  }
}
