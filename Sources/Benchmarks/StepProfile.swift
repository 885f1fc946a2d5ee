import GraphCompiler
import GraphIR
import TensorCore
import TrainingEvents

/// Times of a step's operations over some steps, grouped.
struct StepProfile {
  let network: String
  let precision: Precision
  let graph: Graph
  /// What computes each node.
  let kernels: [String]
  let roofs: MachineRoofs
  /// Nanoseconds by node, for each step.
  let steps: [[Int64]]
  /// Milliseconds of each step as a whole.
  let totals: [Double]

  /// Operations of one kind in one phase.
  private struct Group: Hashable {
    var kind: OperationKind
    var phase: Phase
  }

  /// Kinds by phase, costliest first, and what remains of the step.
  var kinds: [RooflineReport.Kind] {
    let total = median(totals)
    var groups: [Group: [Int]] = [:]
    for (number, node) in graph.nodes.enumerated() where !graph.isView(node) {
      groups[Group(kind: node.operation.kind, phase: node.phase), default: []].append(number)
    }
    var rows = groups.map { group, nodes in
      let milliseconds = median(steps.map { times in nodes.reduce(0) { $0 + Double(times[$1]) } * 1e-6 })
      return RooflineReport.Kind(
        network: network, precision: precision, kind: group.kind, phase: group.phase.rawValue, count: nodes.count,
        milliseconds: milliseconds, share: milliseconds / total,
        gigaflops: nodes.reduce(0) { $0 + gigaflops($1) }, bytes: nodes.reduce(0) { $0 + bytes($1) },
        floor: nodes.reduce(StepFloor(arithmetic: 0, memory: 0)) { sum, node in
          let floor = floor(node)
          return StepFloor(arithmetic: sum.arithmetic + floor.arithmetic, memory: sum.memory + floor.memory)
        })
    }
    rows.sort { ($0.milliseconds, $0.phase) > ($1.milliseconds, $1.phase) }
    let rest = median(zip(totals, steps).map { total, times in total - Double(times.reduce(0, +)) * 1e-6 })
    rows.append(
      RooflineReport.Kind(
        network: network, precision: precision, kind: nil, phase: "", count: 0, milliseconds: rest,
        share: rest / total, gigaflops: 0, bytes: 0, floor: StepFloor(arithmetic: 0, memory: 0)))
    return rows
  }

  /// The costliest operations.
  func operations(_ count: Int) -> [RooflineReport.Operation] {
    let times = graph.nodes.indices.map { number in median(steps.map { Double($0[number]) * 1e-6 }) }
    return graph.nodes.indices.sorted { (times[$0], $1) > (times[$1], $0) }.prefix(count).map { number in
      let node = graph.nodes[number]
      let operands = node.inputs.prefix(4).map { graph[$0].type.description }.joined(separator: ", ")
      let result = node.outputs.first.map { " → \(graph[$0].type)" } ?? ""
      return RooflineReport.Operation(
        network: network, precision: precision, node: number, layer: node.layer, operation: node.operation.name,
        types: operands + result, kernel: kernels[number], milliseconds: times[number], gigaflops: gigaflops(number),
        floor: floor(number))
    }
  }

  private func gigaflops(_ number: Int) -> Double { graph.floatingPointOperations(of: graph.nodes[number]) * 1e-9 }

  private func bytes(_ number: Int) -> Int { graph.operandBytes(of: graph.nodes[number]) }

  private func floor(_ number: Int) -> StepFloor {
    let format = graph.productFormat(of: graph.nodes[number]) ?? .fp32
    let operations = gigaflops(number)
    return StepFloor(
      arithmetic: operations > 0 ? operations / (roofs.gigaflops[format.rawValue] ?? .infinity) * 1e3 : 0,
      memory: Double(bytes(number)) / roofs.gigabytes * 1e-6)
  }
}
