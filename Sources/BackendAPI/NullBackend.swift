import GraphCompiler
public import GraphIR
public import TensorCore

/// A backend that does everything but compute: for tests of planning and scheduling, and for printing plans of devices
/// that are not there.
public struct NullBackend: Backend {
  /// Creates the backend.
  public init() {}

  /// "null".
  public var name: String { "null" }

  /// Every format is "supported": nothing is computed.
  public func support(for dtype: DType) -> ComputeSupport? {
    ComputeSupport(isNative: false, explanation: "the null backend computes nothing")
  }

  /// A state on the host.
  public func makeState(_ layout: StateLayout) throws -> any DeviceState { try HostState(layout) }

  /// Needs no kernels and no scratch.
  public func prepare(_ graph: Graph, threads: Int) throws -> any PreparedGraph { Prepared(graph: graph) }

  private struct Prepared: PreparedGraph {
    let graph: Graph
    var scratch: [Int: Int] { [:] }
    func bind(_ plan: MemoryPlan, layout: StateLayout) throws -> any Executable {
      NullExecutable(graph: graph, plan: plan)
    }
  }
}

private final class NullExecutable: Executable {
  let graph: Graph
  let plan: MemoryPlan

  init(graph: Graph, plan: MemoryPlan) {
    self.graph = graph
    self.plan = plan
  }

  func activate(_ state: any DeviceState) throws {}

  func run(_ request: StepRequest, on state: any DeviceState) throws -> StepOutcome {
    state.control.committedSteps += 1
    state.control.scaler?.update(foundInf: false)
    return StepOutcome(
      loss: 0, skip: nil, gradNorm: 0, scale: state.control.scaler?.scale, nanoseconds: PhaseNanoseconds())
  }

  func read(_ output: String, from state: any DeviceState) throws -> [Float] {
    guard let id = graph.outputs[output] else { throw BackendError("the graph has no output \"\(output)\"") }
    return [Float](repeating: 0, count: graph[id].type.shape.count)
  }

  var implementations: [String] { graph.nodes.map { _ in "null" } }
}
