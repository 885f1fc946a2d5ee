import BackendAPI
import GraphCompiler
import GraphIR
import TensorCore
import TrainingEvents

/// The fastest that this machine multiplies matrices in a format, as far as one product of the usual kernels shows it: the
/// roof under which a lane's products stand.
struct PeakMeasurement {
  let backend: any Backend
  let threads: Int

  /// Extent of the matrices: large enough for every kernel to run at its best, small enough to take milliseconds.
  private static let extent = 768
  /// Products timed; the fastest counts.
  private static let repeats = 6

  /// Floating-point operations a second in a format; nil where the device cannot tell.
  ///
  /// Runs on the calling thread's team, some tens of milliseconds.
  func floatingPointOperationsPerSecond(_ format: NumericFormat) throws -> Double? {
    let graph = try PeakMeasurement.product(in: format)
    let layout = StateLayout(parameters: graph.parameters, optimizer: nil)
    let executable = try backend.compile(graph, layout: layout, threads: threads)
    let state = try backend.makeState(layout)
    try state.initialize(graph.parameters, seed: 0)
    try executable.activate(state)
    let ones = [Float](repeating: 1, count: Self.extent * Self.extent)
    var fastest = Int64.max
    try ones.withUnsafeBytes { batch in
      let request = StepRequest(
        attempt: 0, seed: 0, learningRate: 0, batch: batch, labels: UnsafeRawBufferPointer(start: nil, count: 0))
      for _ in 0..<Self.repeats {
        fastest = min(fastest, try executable.run(request, on: state).nanoseconds.forward)
      }
    }
    // A backend that computes nothing has no peak.
    guard fastest > 1000, fastest < Int64.max else { return nil }
    return graph.floatingPointOperations / (Double(fastest) * 1e-9)
  }

  /// x Wᵀ in the format; casts are timed apart.
  private static func product(in format: NumericFormat) throws(GraphError) -> Graph {
    var builder = GraphBuilder(isTraining: false)
    let x = builder.input("x", TensorType(.float32, [extent, extent]))
    let weight = try builder.parameter("weight", [extent, extent], .uniform(bound: 0.1))
    builder.output("logits", try builder.linear(x, weight: weight))
    let pipeline = CompilerPipeline(autocastFormat: format == .fp32 ? nil : format.dtype)
    let stages = try pipeline.inferenceStages(builder.graph)
    return stages[stages.count - 1].graph
  }
}
