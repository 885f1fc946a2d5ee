import BackendAPI
import Datasets
import GraphIR
import TensorCore
import Training

/// A compiled graph with a state of its own.
struct GraphRun {
  let executable: any Executable
  let state: any DeviceState

  init(_ graph: Graph, backend: any Backend, optimizer: OptimizerKind?, threads: Int = 1) throws {
    let layout = StateLayout(parameters: graph.parameters, optimizer: optimizer)
    executable = try backend.compile(graph, layout: layout, threads: threads)
    state = try backend.makeState(layout)
  }

  /// Runs once on a batch.
  func step(_ batches: some BatchSource, attempt: Int) throws -> StepOutcome {
    try executable.activate(state)
    // Words, so that the bytes are aligned.
    var inputs = [UInt64](repeating: 0, count: (batches.inputByteCount + 7) / 8)
    var targets = [UInt64](repeating: 0, count: (batches.targetByteCount + 7) / 8)
    return try inputs.withUnsafeMutableBytes { inputs in
      try targets.withUnsafeMutableBytes { targets in
        let batch = UnsafeMutableRawBufferPointer(rebasing: inputs[..<batches.inputByteCount])
        let labels = UnsafeMutableRawBufferPointer(rebasing: targets[..<batches.targetByteCount])
        try batches.fill(attempt: attempt, inputs: batch, targets: labels)
        return try run(batch: UnsafeRawBufferPointer(batch), labels: UnsafeRawBufferPointer(labels), learningRate: 0)
      }
    }
  }

  /// Runs once on numbers.
  @discardableResult
  func run(values: [Float] = [], labels: [Int64] = [], learningRate: Double) throws -> StepOutcome {
    try values.withUnsafeBytes { values in
      try labels.withUnsafeBytes { try run(batch: values, labels: $0, learningRate: learningRate) }
    }
  }

  private func run(
    batch: UnsafeRawBufferPointer, labels: UnsafeRawBufferPointer, learningRate: Double
  ) throws -> StepOutcome {
    try executable.run(
      StepRequest(attempt: 0, seed: 0, learningRate: Float(learningRate), batch: batch, labels: labels), on: state)
  }
}

/// Largest magnitude.
func maximumNorm(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

/// Root of the sum of squares.
func euclideanNorm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
