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
      case .uniform(let scale), .normal(let scale), .truncatedNormal(let scale):
        try state.write(parameter.name, random.map { $0 * scale })
      }
    }
    state.control = StepControl(scaler: scaler)
    try executable.activate(state)
  }

  /// Runs one attempt, of all its micro-batches.
  ///
  /// Batches and targets are random numbers on [-1, 1) and [0, 1), indices and labels lie below `classes`. `change` may
  /// spoil a batch of numbers.
  @discardableResult
  func run(
    attempt: UInt64 = 0, learningRate: Float = 0.05, classes: Int64 = 3, change: (inout [Float]) -> Void = { _ in }
  ) throws -> StepOutcome {
    let batch = bytes(of: "x", numbers: randomFloats, indices: { $0 * 5 + Int64(attempt) }, attempt, classes, change)
    let labels = bytes(
      of: "labels", numbers: { randomFloats($0, seed: $1, stream: $2).map { ($0 + 1) / 2 } },
      indices: { $0 * 7 + Int64(attempt) }, attempt, classes)
    return try batch.withUnsafeBytes { batch in
      try labels.withUnsafeBytes { labels in
        try executable.run(
          StepRequest(attempt: attempt, seed: Self.seed, learningRate: learningRate, batch: batch, labels: labels),
          on: state)
      }
    }
  }

  /// What to feed to an input, in its format; nothing where the graph has no such input.
  private func bytes(
    of name: String, numbers: (Int, UInt64, UInt64) -> [Float], indices: (Int64) -> Int64, _ attempt: UInt64,
    _ classes: Int64, _ change: (inout [Float]) -> Void = { _ in }
  ) -> [UInt8] {
    guard let type = executable.graph.inputs[name].map({ executable.graph[$0].type }) else { return [] }
    let count = type.shape.count * executable.graph.microBatchCount
    guard type.dtype == .float32 else {
      return (0..<Int64(count)).map { indices($0) % classes }.withUnsafeBytes(Array.init)
    }
    var elements = numbers(count, 100 + attempt, 0)
    change(&elements)
    return elements.withUnsafeBytes(Array.init)
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
