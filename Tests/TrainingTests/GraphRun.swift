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
    var values = [Float](repeating: 0, count: batches.batchSize * batches.sampleSize)
    var labels = [Int64](repeating: 0, count: batches.batchSize)
    try values.withUnsafeMutableBufferPointer { values in
      try labels.withUnsafeMutableBufferPointer { try batches.fill(attempt: attempt, into: values, labels: $0) }
    }
    return try run(values: values, labels: labels, learningRate: 0)
  }

  /// Runs once on numbers.
  @discardableResult
  func run(values: [Float] = [], labels: [Int64] = [], learningRate: Double) throws -> StepOutcome {
    try values.withUnsafeBytes { values in
      try labels.withUnsafeBytes { labels in
        try executable.run(
          StepRequest(attempt: 0, seed: 0, learningRate: Float(learningRate), batch: values, labels: labels),
          on: state)
      }
    }
  }
}

/// Largest magnitude.
func maximumNorm(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

/// Root of the sum of squares.
func euclideanNorm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
