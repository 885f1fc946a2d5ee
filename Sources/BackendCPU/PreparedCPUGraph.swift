import BackendAPI
import CKernels
import GraphCompiler
import GraphIR
import TensorCore

/// A graph with its kernels.
struct PreparedCPUGraph: PreparedGraph {
  let graph: Graph
  let kernels: [Kernel]
  let threads: Int32

  var scratch: [Int: Int] {
    var result: [Int: Int] = [:]
    for (number, kernel) in kernels.enumerated() where kernel.scratch > 0 { result[number] = kernel.scratch }
    return result
  }

  func bind(_ plan: MemoryPlan, layout: StateLayout) throws -> any Executable {
    func entry(_ name: String) throws -> Address {
      guard let entry = layout[name] else { throw BackendError.unknownEntry(name) }
      return Address(isInState: true, offset: entry.offset)
    }
    func address(_ value: ValueID) throws -> Address {
      switch graph[value].origin {
      case .parameter(let name), .statistic(let name): return try entry(name)
      default:
        guard let offset = plan.offset(of: value) else {
          throw BackendError("the memory plan has no place for \(value); it belongs to another graph")
        }
        return Address(isInState: false, offset: offset)
      }
    }
    var calls: [BoundCall] = []
    for (number, node) in graph.nodes.enumerated() {
      let placement = Placement(
        inputs: try node.inputs.map(address), outputs: try node.outputs.map(address),
        scratch: Address(isInState: false, offset: plan.scratchOffset(ofNode: number) ?? 0), address: address,
        entry: entry)
      calls.append(BoundCall(number: number, timing: TimingClass(node), run: try kernels[number].bind(placement)))
    }
    return try CPUExecutable(
      graph: graph, plan: plan, calls: calls, implementations: kernels.map(\.implementation), threads: threads,
      address: address)
  }
}

/// A call with the clock that its time goes to.
struct BoundCall {
  /// Number of the node.
  let number: Int
  let timing: TimingClass
  let run: Call
}

/// The clocks of a step.
enum TimingClass {
  case forward
  case backward
  case optimizer
  case cast

  init(_ node: Node) {
    if case .cast = node.operation {
      self = .cast
    } else {
      switch node.phase {
      case .forward: self = .forward
      case .backward: self = .backward
      case .optimizer: self = .optimizer
      }
    }
  }
}
