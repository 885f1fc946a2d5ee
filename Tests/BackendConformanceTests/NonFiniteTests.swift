import BackendAPI
import BackendCPU
import GraphIR
import TensorCore
import Testing

@Suite("Non-finite numbers")
struct NonFiniteTests {
  /// A step is skipped because of what it computes: a kernel that turns NaN into a number would let an overflow pass.
  @Test("are never hidden by an operation", arguments: formats, [Float.nan, .infinity])
  func propagation(_ format: DType, _ spoiler: Float) throws {
    for operation in OperationCase.all where format == .float32 || !operation.isFloat32Only {
      let graph = try operation.graph(format)
      func spoiled(_ backend: any Backend, _ threads: Int) throws -> Lane {
        let lane = try Lane(graph, on: backend, threads: threads)
        var operand = try lane.state.floats("operand 0")
        operand[operand.count / 2] = spoiler
        try lane.state.write("operand 0", operand)
        try lane.executable.activate(lane.state)
        try lane.run()
        return lane
      }
      let reference = try spoiled(ReferenceBackend(), 1)
      for tested in BackendUnderTest.all {
        let lane = try spoiled(tested.backend, tested.threads)
        for name in graph.outputs.keys.sorted() {
          let hidden = zip(try lane.output(name), try reference.output(name)).contains { $0.isFinite && !$1.isFinite }
          #expect(!hidden, "\(tested.testDescription): \(operation.testDescription), \(name)")
        }
      }
    }
  }

  @Test("say that a label is outside the classes", arguments: BackendUnderTest.withReference)
  func badLabel(_ tested: BackendUnderTest) throws {
    // Labels 0, 7 and 14 of 10 classes.
    func output(of operation: GraphIR.Operation) throws -> [Float] {
      let graph = try OperationCase("loss", operation, [.activation([3, 10]), .labels(3)]).graph(.float32)
      let lane = try Lane(graph, on: tested.backend, threads: tested.threads)
      try lane.run(classes: 100)
      return try lane.output("0.0")
    }
    #expect(try output(of: .crossEntropy).map(\.isNaN) == [true])
    #expect(try output(of: .crossEntropyBackward).map(\.isNaN) == (0..<30).map { $0 >= 20 })
  }

  @Test("arise where fp16 overflows, and not before", arguments: BackendUnderTest.all)
  func overflow(_ tested: BackendUnderTest) throws {
    let graph = try OperationCase("to fp16", .cast(.float16), [.plain([6])]).graph(.float32)
    let lane = try Lane(graph, on: tested.backend, threads: tested.threads)
    // 65520 is the first number that rounds to infinity; 2^-25 is half the smallest subnormal, a tie that goes to even.
    try lane.state.write("operand 0", [65504, 65519.996, 65520, -65520, 0x1p-25, 0x1.000002p-25])
    try lane.executable.activate(lane.state)
    try lane.run()
    #expect(try lane.output("0.0") == [65504, 65504, .infinity, -.infinity, 0, 0x1p-24])
  }
}
