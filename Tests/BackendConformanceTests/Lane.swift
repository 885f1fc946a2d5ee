import BackendAPI
import BackendCPU
import GraphIR
import TensorCore

/// An executable with its state on one backend, fed with random numbers that are the same on every backend.
struct Lane {
  let executable: any Executable
  let state: any DeviceState
  /// Seed of the session; uses both words of the generator's key.
  private static let seed: UInt64 = 0x9E37_79B9_0000_002A

  /// Compiles a graph and draws parameters from `seed`, each by its initializer; variances start at 1.
  init(
    _ graph: Graph, on backend: any Backend, threads: Int, optimizer: OptimizerKind? = nil,
    scaler: GradScaler? = nil, seed: UInt64 = 1
  ) throws {
    let layout = StateLayout(parameters: graph.parameters, optimizer: optimizer)
    executable = try backend.compile(graph, layout: layout, threads: threads)
    state = try backend.makeState(layout)
    for (index, parameter) in graph.parameters.enumerated() {
      let random = randomFloats(parameter.shape.count, seed: seed, stream: UInt64(index))
      switch parameter.initializer {
      case .constant(let value) where parameter.isTrainable:
        try state.write(parameter.name, random.map { value + $0 / 2 })
      case .constant(let value): try state.write(parameter.name, random.map { _ in value })
      case .uniform(let bound): try state.write(parameter.name, random.map { $0 * bound })
      }
    }
    state.control = StepControl(scaler: scaler)
    try executable.activate(state)
  }

  /// Runs one attempt on a batch of random numbers on [-1, 1) and labels below `classes`.
  ///
  /// `change` may spoil the batch.
  @discardableResult
  func run(
    attempt: UInt64 = 0, learningRate: Float = 0.05, classes: Int = 3, change: (inout [Float]) -> Void = { _ in }
  ) throws -> StepOutcome {
    let inputs = executable.graph.inputs.mapValues { executable.graph[$0].type.shape.count }
    var batch = randomFloats(inputs["x"] ?? 0, seed: 100 + attempt, stream: 0)
    change(&batch)
    let labels = (0..<Int64(inputs["labels"] ?? 0)).map { ($0 * 7 + Int64(attempt)) % Int64(classes) }
    return try batch.withUnsafeBytes { batch in
      try labels.withUnsafeBytes { labels in
        try executable.run(
          StepRequest(attempt: attempt, seed: Self.seed, learningRate: learningRate, batch: batch, labels: labels),
          on: state)
      }
    }
  }

  /// A named output of the last run.
  func output(_ name: String) throws -> [Float] { try executable.read(name, from: state) }

  /// Every entry of the state, bit for bit.
  func bits() throws -> [String: [UInt32]] {
    var result: [String: [UInt32]] = [:]
    for entry in state.layout.entries { result[entry.name] = try state.floats(entry.name).map(\.bitPattern) }
    return result
  }
}

/// Deterministic numbers, uniform on [-1, 1).
func randomFloats(_ count: Int, seed: UInt64, stream: UInt64) -> [Float] {
  var generator = PhiloxGenerator(seed: seed, stream: stream)
  return (0..<count).map { _ in generator.nextUniform() * 2 - 1 }
}

/// Length of a - b relative to that of b; infinite where one is not finite and the other is.
func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
  func length(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  let difference = length(zip(a, b).map { Double($0) - Double($1) })
  let reference = length(b.map(Double.init))
  if difference == 0 { return 0 }
  return reference > 0 && a.count == b.count ? difference / reference : .infinity
}
