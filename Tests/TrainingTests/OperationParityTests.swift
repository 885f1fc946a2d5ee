import BackendAPI
import BackendCPU
import GraphIR
import SafetensorsFormat
import TensorCore
import Testing

@Suite("Single operations against PyTorch in fp64")
struct OperationParityTests {
  /// Largest allowed error over the largest element of the expected tensor.
  ///
  /// Results are fp32, inputs of the reference are the same fp32 numbers. Elementwise operations and sums of up to a
  /// few hundred products of fp32 numbers stay within 16 roundings of 2^-24. With a mean of 100 under a deviation of 1
  /// the mean itself is only known to 100 · 2^-24, two decimal digits worse. One rounding of a score of 100, in whatever order
  /// its products are added, moves its exponential by a factor of 1 + 100 · 2^-24.
  static func tolerance(_ name: String) -> Double {
    if name.hasSuffix("large_mean") { return 16 * 100 * 0x1p-24 }
    return (name.hasSuffix("large_scores") ? 16 + 100 : 16) * 0x1p-24
  }

  @Test("Every recorded operation, forward and backward", arguments: try RecordedOperation.all().cases, [1, 2])
  func operation(_ item: RecordedOperation, threads: Int) throws {
    let file = try ReferenceFixtures.tensors(RecordedOperation.all().file)
    let graph = try OperationGraph(item).finished()
    let run = try GraphRun(graph, backend: CPUBackend(), optimizer: nil, threads: threads)
    for entry in run.state.layout.entries {
      let values = try file.floats("\(item.name).\(entry.name)")
      try run.state.write(entry.name, entry.name.contains("weight") ? values : channelsLast(values, entry.shape))
    }
    let integers = try item.tensors.keys.first(where: OperationGraph.integers.contains).map {
      try file.int64s("\(item.name).\($0)")
    }
    try run.executable.activate(run.state)
    try run.run(labels: integers ?? [], learningRate: 0)

    #expect(Set(graph.outputs.keys) == OperationGraph.results(of: item))
    // Gradients of a loss are those of the loss itself.
    if item.tensors["dy"] == [] { #expect(try file.floats("\(item.name).dy") == [1]) }
    for (name, value) in graph.outputs {
      let memory = try run.executable.read(name, from: run.state)
      let values = name.contains("weight") ? memory : channelsFirst(memory, graph[value].type.shape)
      let expected = try file.floats("\(item.name).\(name)").map(Double.init)
      try #require(values.count == expected.count, "\(name)")
      let error = maximumNorm(zip(values, expected).map { Double($0) - $1 })
      if ParityReport.isWanted { ParityReport.line("op \(item.name).\(name): \(error / maximumNorm(expected))") }
      #expect(error <= OperationParityTests.tolerance(item.name) * maximumNorm(expected), "\(name)")
      if item.operation == "binary_cross_entropy" {
        // Gradients go up to 1e12, beside which the others are nothing. Each is a quotient of its own, without
        // cancellation: p - t, p (1 - p) and their quotient, times 1 over the count.
        for (value, wanted) in zip(values, expected) {
          #expect(abs(Double(value) - wanted) <= OperationParityTests.tolerance(item.name) * abs(wanted), "\(name)")
        }
      }
    }
  }

  @Test("NaN goes through relu, alone and fused, so that no overflow is hidden", arguments: [DType.float32, .bfloat16])
  func reluKeepsNaN(dtype: DType) throws {
    var builder = GraphBuilder(isTraining: true)
    let x = try builder.statistic("x", [2, 4], .constant(0))
    let weight = try builder.statistic("weight", [3, 4], .constant(0))
    var graph = builder.graph
    var operands = [x, weight]
    if dtype != .float32 { operands = try operands.map { try graph.addNode(.cast(dtype), [$0], layer: "cast")[0] } }
    graph.setOutput("fused", try graph.addNode(.linear(relu: true), operands, layer: "fused")[0])
    graph.setOutput("alone", try graph.addNode(.relu, [operands[0]], layer: "alone")[0])
    for native in [true, false] {
      let run = try GraphRun(graph, backend: CPUBackend(allowNativeBF16: native), optimizer: nil)
      try run.state.write("x", [.nan, -1, 2, 3, -4, 5, -6, 7])
      try run.state.write("weight", [Float](repeating: -1, count: 12))
      try run.executable.activate(run.state)
      try run.run(learningRate: 0)
      let fused = try run.executable.read("fused", from: run.state)
      let alone = try run.executable.read("alone", from: run.state)
      #expect(fused.map(\.isNaN) == [true, true, true, false, false, false])
      #expect(Array(fused.suffix(3)) == [0, 0, 0])
      #expect(alone[0].isNaN && Array(alone.dropFirst()) == [0, 2, 3, 0, 5, 0, 7])
    }
  }

  /// (N, C, H, W) from torch's order to ours; other ranks as they are.
  private func channelsLast(_ values: [Float], _ shape: Shape) -> [Float] {
    guard shape.rank == 4 else { return values }
    let (channels, plane) = (shape[1], shape[2] * shape[3])
    return (0..<shape.count).map { index in
      let (sample, inside) = index.quotientAndRemainder(dividingBy: channels * plane)
      return values[(sample * channels + inside % channels) * plane + inside / channels]
    }
  }

  /// The way back.
  private func channelsFirst(_ values: [Float], _ shape: Shape) -> [Float] {
    guard shape.rank == 4 else { return values }
    let (channels, plane) = (shape[1], shape[2] * shape[3])
    return (0..<shape.count).map { index in
      let (sample, inside) = index.quotientAndRemainder(dividingBy: channels * plane)
      return values[(sample * plane + inside % plane) * channels + inside / plane]
    }
  }
}
