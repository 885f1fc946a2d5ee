public import BackendAPI
import GraphCompiler
import GraphIR
import TensorCore

/// The fastest that this machine streams memory through the kernels of a backend: the other roof, under which everything
/// stands that multiplies no matrices.
///
/// z = x + y over three arrays of fp32, as STREAM's *add* (McCalpin 1995), counted as STREAM counts it: each array once,
/// without what a cache reads before it writes a line.
public final class BandwidthMeasurement {
  /// Bytes that one pass reads and writes.
  public let byteCount: Int
  private let executable: any Executable
  private let state: any DeviceState

  /// Prepares arrays of `byteCount` bytes together for a team of `threads`.
  ///
  /// Take four times the last cache or more. Throws `BackendError` where the device has no such sum, and `AllocationError`.
  public init(byteCount: Int, backend: any Backend, threads: Int) throws {
    let count = max(byteCount / (3 * DType.float32.size), 1)
    self.byteCount = 3 * count * DType.float32.size
    var builder = GraphBuilder(isTraining: false)
    // Written when they are initialised: pages that nobody has written to are one page of zeros, and stay in the cache.
    let x = try builder.parameter("x", [count], .constant(1))
    let y = try builder.parameter("y", [count], .constant(2))
    builder.output("sum", try builder.apply(.add, x, y))
    let stages = try CompilerPipeline(autocastFormat: nil).inferenceStages(builder.graph)
    let graph = stages[stages.count - 1].graph
    let layout = StateLayout(parameters: graph.parameters, optimizer: nil)
    executable = try backend.compile(graph, layout: layout, threads: threads)
    state = try backend.makeState(layout)
    try state.initialize(graph.parameters, seed: 0)
    try executable.activate(state)
    // The first pass writes to pages of the arena that the system has yet to give.
    _ = try bytesPerSecond(repeats: 1)
  }

  /// Bytes a second of the fastest of `repeats` passes; nil where the device computes nothing.
  ///
  /// Runs on the calling thread's team. Throws `BackendError`.
  public func bytesPerSecond(repeats: Int = 3) throws -> Double? {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let request = StepRequest(attempt: 0, seed: 0, learningRate: 0, batch: nothing, labels: nothing)
    var fastest = Int64.max
    for _ in 0..<repeats { fastest = min(fastest, try executable.run(request, on: state).nanoseconds.forward) }
    guard fastest > 1000, fastest < Int64.max else { return nil }
    return Double(byteCount) / (Double(fastest) * 1e-9)
  }
}
