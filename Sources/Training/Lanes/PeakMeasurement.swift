public import BackendAPI
import GraphCompiler
import GraphIR
import TensorCore
public import TrainingEvents

/// The fastest that this machine multiplies matrices in a format, as far as one product of the usual kernels shows it: the
/// roof under which a lane's products stand.
public final class PeakMeasurement {
  /// The format of the operands.
  public let format: NumericFormat
  private let extent: Int
  private let executable: any Executable
  private let state: any DeviceState

  /// Prepares a product of square matrices for a team of `threads`.
  ///
  /// The default extent takes milliseconds; matrices must fill the caches, and the kernels' blocks, to run at their best.
  /// Throws `BackendError` where the device has no such product, and `AllocationError`.
  public init(_ format: NumericFormat, backend: any Backend, threads: Int, extent: Int = 768) throws {
    (self.format, self.extent) = (format, extent)
    let graph = try PeakMeasurement.product(in: format, extent: extent)
    let layout = StateLayout(parameters: graph.parameters, optimizer: nil)
    executable = try backend.compile(graph, layout: layout, threads: threads)
    state = try backend.makeState(layout)
    try state.initialize(graph.parameters, seed: 0)
    try executable.activate(state)
  }

  /// Floating-point operations a second of the fastest of `repeats` products; nil where the device computes nothing.
  ///
  /// Runs on the calling thread's team. Throws `BackendError`.
  public func floatingPointOperationsPerSecond(repeats: Int = 6) throws -> Double? {
    let ones = [Float](repeating: 1, count: extent * extent)
    var fastest = Int64.max
    try ones.withUnsafeBytes { batch in
      let request = StepRequest(
        attempt: 0, seed: 0, learningRate: 0, batch: batch, labels: UnsafeRawBufferPointer(start: nil, count: 0))
      for _ in 0..<repeats { fastest = min(fastest, try executable.run(request, on: state).nanoseconds.forward) }
    }
    // A backend that computes nothing has no peak.
    guard fastest > 1000, fastest < Int64.max else { return nil }
    return executable.graph.floatingPointOperations / (Double(fastest) * 1e-9)
  }

  /// x Wᵀ in the format; casts are timed apart.
  private static func product(in format: NumericFormat, extent: Int) throws(GraphError) -> Graph {
    var builder = GraphBuilder(isTraining: false)
    let x = builder.input("x", TensorType(.float32, [extent, extent]))
    let weight = try builder.parameter("weight", [extent, extent], .uniform(bound: 0.1))
    builder.output("logits", try builder.linear(x, weight: weight))
    let pipeline = CompilerPipeline(autocastFormat: format == .fp32 ? nil : format.dtype)
    let stages = try pipeline.inferenceStages(builder.graph)
    return stages[stages.count - 1].graph
  }
}
