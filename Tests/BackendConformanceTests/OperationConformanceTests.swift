import BackendAPI
import BackendCPU
import GraphIR
import TensorCore
import Testing

@Suite("Operations agree with the reference")
struct OperationConformanceTests {
  @Test("on the same bits, to one rounding", arguments: formats)
  func operations(_ format: DType) throws {
    // Beyond 2^32, so that masks depend on both words of the attempt.
    let attempt: UInt64 = 0x1_0000_0005
    for operation in OperationCase.all where format == .float32 || !operation.isFloat32Only {
      let graph = try operation.graph(format)
      let reference = try Lane(graph, on: ReferenceBackend(), threads: 1)
      try reference.run(attempt: attempt)
      for tested in BackendUnderTest.all {
        let lane = try Lane(graph, on: tested.backend, threads: tested.threads)
        try lane.run(attempt: attempt)
        for (name, id) in graph.outputs {
          try expectClose(
            lane.output(name), reference.output(name), graph[id].type.dtype,
            "\(tested.testDescription): \(operation.testDescription), \(name)")
        }
      }
    }
  }

  @Test("also where they multiply by the loss scale", arguments: BackendUnderTest.all)
  func lossScale(_ tested: BackendUnderTest) throws {
    let graph = try OperationCase(
      "cross entropy gradient", .crossEntropyBackward, [.activation([5, 10]), .labels(5)]
    ).graph(.float32)
    let scaler = GradScaler(GradScaler.Settings(initialScale: 1024))
    let scaled = try Lane(graph, on: tested.backend, threads: tested.threads, scaler: scaler)
    let plain = try Lane(graph, on: tested.backend, threads: tested.threads)
    try scaled.run()
    try plain.run()
    // A power of two scales without rounding, unless the product of scale and 1/N rounds differently: it does not.
    #expect(try scaled.output("0.0") == plain.output("0.0").map { $0 * 1024 })
  }

  /// The reference rounds once from Double.
  ///
  /// A device sums in fp32, in some order, and rounds once to the format: its result may be the neighbour (one
  /// spacing), and sums of up to a hundred terms that cancel lose up to 1e-5 of the largest element. Below the normal
  /// range of fp16 neighbours stand 2^-24 apart.
  private func expectClose(_ found: [Float], _ expected: [Float], _ dtype: DType, _ title: String) {
    #expect(found.count == expected.count, "\(title)")
    let largest = Double(expected.map(abs).max() ?? 0)
    for (index, (a, b)) in zip(found, expected).enumerated() {
      let tolerance = dtype.spacing * Double(abs(b)) + 1e-5 * largest + (dtype == .float16 ? 0x1p-24 : 0)
      let distance = abs(Double(a) - Double(b))
      #expect(distance <= tolerance, "\(title)[\(index)]: \(a), reference \(b)")
    }
  }
}
