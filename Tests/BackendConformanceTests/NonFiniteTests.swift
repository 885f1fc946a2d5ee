import BackendAPI
import BackendCPU
import GraphIR
import TensorCore
import Testing

@Suite("Non-finite numbers")
struct NonFiniteTests {
  /// A step is skipped because of what it computes: a kernel that turns NaN into a number would let an overflow pass.
  @Test("are never hidden by an operation", arguments: OperationCase.all, [Float.nan, .infinity])
  func propagation(_ operation: OperationCase, _ spoiler: Float) throws {
    for format in operation.formats {
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
          #expect(!hidden, "\(tested.testDescription), \(format.rawValue), \(name)")
        }
      }
    }
  }

  @Test("say that a label is outside the classes", arguments: BackendUnderTest.withReference)
  func badLabel(_ tested: BackendUnderTest) throws {
    // Labels 0, 7 and 14 of 10 classes.
    func output(of operation: GraphIR.Operation) throws -> [Float] {
      let graph = try OperationCase("loss", operation, [.activation([3, 10]), .labels([3])]).graph(.float32)
      let lane = try Lane(graph, on: tested.backend, threads: tested.threads)
      try lane.run(classes: 100)
      return try lane.output("0.0")
    }
    #expect(try output(of: .crossEntropy).map(\.isNaN) == [true])
    #expect(try output(of: .crossEntropyBackward).map(\.isNaN) == (0..<30).map { $0 >= 20 })
  }

  @Test(
    "say that an index is outside the table, and add nothing to its gradient",
    arguments: BackendUnderTest.withReference)
  func badIndex(_ tested: BackendUnderTest) throws {
    // Indices 0, 5, 10 and 15 of 6 rows.
    func lane(
      _ operation: GraphIR.Operation, _ operands: [OperationCase.Operand], stated: Shape? = nil
    ) throws -> Lane {
      let graph = try OperationCase("rows", operation, operands, stated: stated).graph(.float32)
      let lane = try Lane(graph, on: tested.backend, threads: tested.threads)
      try lane.run(classes: 100)
      return lane
    }
    let rows: [Bool] = [false, false, true, true].flatMap { [$0, $0, $0] }
    #expect(try lane(.embedding, [.plain([6, 3]), .indices([4])]).output("0.0").map(\.isNaN) == rows)
    #expect(try lane(.gather, [.activation([1, 6, 3]), .indices([1, 4])]).output("0.0").map(\.isNaN) == rows)
    let gradients = [
      try lane(.embeddingBackward, [.activation([4, 3]), .indices([4])], stated: [6, 3]),
      try lane(.gatherBackward, [.activation([1, 4, 3]), .indices([1, 4])], stated: [1, 6, 3]),
    ]
    for gradient in gradients {
      let dy = try gradient.state.floats("operand 0")
      let zeros = [Float](repeating: 0, count: 12)
      #expect(try gradient.output("0.0") == dy[0..<3] + zeros + dy[3..<6])
    }
  }

  @Test("do not arise from probabilities of 0 and 1, nor from logits whose exponential overflows")
  func certainty() throws {
    // Targets are at least 0 and below 1, so that both logarithms count.
    let losses: [(GraphIR.Operation, [Float])] = [
      (.binaryCrossEntropy, [0, 1, 0.5]), (.binaryCrossEntropyBackward, [0, 1, 0.5]),
      (.bceWithLogits, [-200, 200, 0]), (.bceWithLogitsBackward, [-200, 200, 0]),
      (.sigmoid, [-200, 200, 0]), (.silu, [-200, 200, 0]), (.tanh, [-200, 200, 0]),
    ]
    for (operation, predictions) in losses {
      let operands: [OperationCase.Operand] = [.activation([3]), .targets([3])]
      let isLoss = operation.name.hasPrefix("binary")
      let graph = try OperationCase("loss", operation, isLoss ? operands : [operands[0]]).graph(.float32)
      func result(_ backend: any Backend, _ threads: Int) throws -> [Float] {
        let lane = try Lane(graph, on: backend, threads: threads)
        try lane.state.write("operand 0", predictions)
        try lane.run()
        return try lane.output("0.0")
      }
      let expected = try result(ReferenceBackend(), 1)
      #expect(!expected.contains { !$0.isFinite }, "\(operation.name)")
      for tested in BackendUnderTest.all {
        let distance = try relativeDistance(result(tested.backend, tested.threads), expected)
        #expect(distance < 1e-6, "\(tested.testDescription): \(operation.name) \(distance)")
      }
    }
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
