import BackendAPI
import Dispatch
import GraphCompiler
import GraphIR
import Synchronization
import TensorCore

/// A backend that computes nothing and compiles when the test lets it.
final class GatedBackend: Backend {
  private struct Gate {
    var isClosed = false
    var fails = false
  }

  private let gate = Mutex(Gate())
  private let arrived = DispatchSemaphore(value: 0)
  private let opened = DispatchSemaphore(value: 0)
  private let null = NullBackend()

  var name: String { "gated" }

  func support(for dtype: DType) -> ComputeSupport? { null.support(for: dtype) }

  func makeState(_ layout: StateLayout) throws -> any DeviceState { try null.makeState(layout) }

  func prepare(_ graph: Graph, threads: Int) throws -> any PreparedGraph {
    let now = gate.withLock { gate in
      defer { gate.isClosed = false }
      return gate
    }
    if now.fails { throw BackendError("this backend was told to fail") }
    if now.isClosed {
      arrived.signal()
      opened.wait()
    }
    return try null.prepare(graph, threads: threads)
  }

  /// The next compilation waits at the gate.
  func close() { gate.withLock { $0.isClosed = true } }

  /// Waits until a compilation has reached the gate.
  func waitForArrival() { arrived.wait() }

  /// Lets it go on.
  func open() { opened.signal() }

  /// Compilations throw from now on.
  func failFromNowOn() { gate.withLock { $0.fails = true } }
}
