import GraphCompiler
import GraphIR
import TensorCore

/// Runs a graph on its memory plan without numbers: keeps book of which value lies in which bytes, and reports a value
/// that is read after something else was written there.
///
/// Runs as a backend does: all nodes but those of the optimizer phase once a micro-batch, then the optimizer phase.
struct ArenaSimulation {
  private let graph: Graph
  private let plan: MemoryPlan
  private var contents: [ValueID: Range<Int>] = [:]
  /// What went wrong, one line each.
  private(set) var problems: [String] = []

  init(_ graph: Graph, _ plan: MemoryPlan) {
    (self.graph, self.plan) = (graph, plan)
    for value in graph.values {
      if case .lowPrecisionCopy = value.origin { write(value.id, sharingWith: nil) }
    }
    for microBatch in 0..<graph.microBatchCount {
      for input in graph.inputs.values { write(input, sharingWith: nil) }
      for (number, node) in graph.nodes.enumerated() where node.phase != .optimizer {
        run(node, number, isFirst: microBatch == 0)
      }
    }
    for (number, node) in graph.nodes.enumerated() where node.phase == .optimizer { run(node, number, isFirst: true) }
    for (name, output) in graph.outputs { read(output, "output \(name)") }
    for value in graph.values {
      if case .lowPrecisionCopy = value.origin { read(value.id, "the next step") }
    }
  }

  private mutating func run(_ node: Node, _ number: Int, isFirst: Bool) {
    // Scratch may be written at any time during the node, so it may hold no operand.
    if let block = plan.scratchOfNode[number] {
      let scratch = plan.blocks[block]
      clobber(scratch.offset..<(scratch.offset + scratch.byteCount), except: nil)
    }
    for input in node.inputs { read(input, "node \(number) \(node.operation.name)") }
    if !isFirst {
      for value in node.carriedResults { read(value, "the next micro-batch, in node \(number) \(node.operation.name)") }
    }
    for (position, output) in node.outputs.enumerated() {
      for input in node.inputs {
        guard let a = range(output), let b = range(input), a.overlaps(b) else { continue }
        // Elementwise kernels read what they write over, whichever operands lie there.
        let over = node.operation.operandsWrittenOver[position]
        if a != b || b != over.flatMap({ range(node.inputs[$0]) }) {
          problems.append("node \(number) \(node.operation.name) writes \(output) over its operand \(input)")
        }
      }
      write(output, sharingWith: graph.isView(node) ? node.inputs[0] : nil)
    }
    for output in node.outputs { read(output, "the results of node \(number)") }
  }

  private func range(_ value: ValueID) -> Range<Int>? {
    plan.offset(of: value).map { $0..<($0 + graph[value].type.byteCount) }
  }

  private mutating func write(_ value: ValueID, sharingWith operand: ValueID?) {
    guard let range = range(value) else { return }
    // A view leaves the bytes of its operand as they are, and of whatever the operand is a view of.
    let kept = operand.flatMap { contents[$0] }
    clobber(range, except: kept)
    contents[value] = range
  }

  private mutating func clobber(_ range: Range<Int>, except kept: Range<Int>?) {
    contents = contents.filter { !$0.value.overlaps(range) || ($0.value == kept && kept == range) }
  }

  private mutating func read(_ value: ValueID, _ reader: String) {
    guard let range = range(value), contents[value] != range else { return }
    problems.append("\(reader) reads \(value) from bytes \(range), which something else has overwritten")
  }
}

extension Node {
  /// Results that the next micro-batch goes on from.
  fileprivate var carriedResults: [ValueID] {
    switch operation {
    case .accumulate, .accumulateLoss: outputs
    case .batchNorm: Array(outputs[3...4])
    default: []
    }
  }
}

extension GraphIR.Operation {
  /// Kernels that take an operand and a result in one place: the operand's position by that of the result.
  fileprivate var operandsWrittenOver: [Int: Int] {
    switch self {
    case .relu, .gelu, .sigmoid, .tanh, .silu, .dropout, .add, .multiply, .reluBackward, .geluBackward,
      .sigmoidBackward, .tanhBackward, .siluBackward, .batchNormBackward:
      [0: 0]
    case .flatten, .unflatten, .toSequence, .fromSequence, .reshape: [0: 0]
    case .lstmBackward: [0: 1, 4: 5]
    default: [:]
    }
  }
}
