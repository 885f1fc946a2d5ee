import GraphCompiler
public import GraphIR

extension Backend {
  /// Prepares, plans and binds a scheduled graph.
  ///
  /// Throws `BackendError`.
  public func compile(_ graph: Graph, layout: StateLayout, threads: Int) throws -> any Executable {
    let prepared = try prepare(graph, threads: threads)
    return try prepared.bind(planMemory(graph, scratch: prepared.scratch), layout: layout)
  }
}
