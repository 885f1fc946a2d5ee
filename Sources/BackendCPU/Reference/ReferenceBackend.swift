public import BackendAPI
import GraphCompiler
public import GraphIR
public import TensorCore

/// A backend that computes by the reference interpreter, rounding every node's results once to their format.
///
/// The yardstick of the other backends. One thread, no scratch; measures no times.
public struct ReferenceBackend: Backend {
  /// Creates the backend.
  public init() {}

  /// "reference".
  public var name: String { "reference" }

  /// Floating-point formats, computed in Double.
  public func support(for dtype: DType) -> ComputeSupport? {
    guard dtype.isFloatingPoint else { return nil }
    return ComputeSupport(isNative: false, explanation: "computed in Double, each result rounded once")
  }

  /// A state on the host.
  public func makeState(_ layout: StateLayout) throws -> any DeviceState { try HostState(layout) }

  /// Verifies the graph; nothing needs to be compiled.
  ///
  /// Throws `BackendError`.
  public func prepare(_ graph: Graph, threads: Int) throws -> any PreparedGraph {
    do {
      try graph.verify()
    } catch {
      throw BackendError("the reference backend cannot run this graph: \(error)")
    }
    return ReferencePreparedGraph(graph: graph)
  }
}

private struct ReferencePreparedGraph: PreparedGraph {
  let graph: Graph
  var scratch: [Int: Int] { [:] }

  func bind(_ plan: MemoryPlan, layout: StateLayout) throws -> any Executable {
    for value in graph.values {
      if case .node = value.origin, plan.offset(of: value.id) == nil {
        throw BackendError("the memory plan has no place for \(value.id); plan the graph that is bound")
      }
    }
    return ReferenceExecutable(graph: graph, plan: plan)
  }
}
