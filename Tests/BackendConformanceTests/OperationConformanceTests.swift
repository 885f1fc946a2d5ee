import BackendAPI
import BackendCPU
import GraphIR
import TensorCore
import Testing

@Suite("Operations agree with the reference")
struct OperationConformanceTests {
  @Test("on the same bits, to one rounding", arguments: OperationCase.all)
  func operations(_ operation: OperationCase) throws {
    // Beyond 2^32, so that masks depend on both words of the attempt.
    let attempt: UInt64 = 0x1_0000_0005
    for format in operation.formats {
      let graph = try operation.graph(format)
      let reference = try Lane(graph, on: ReferenceBackend(), threads: 1)
      try reference.run(attempt: attempt)
      for tested in BackendUnderTest.all {
        let lane = try Lane(graph, on: tested.backend, threads: tested.threads)
        try lane.run(attempt: attempt)
        for (name, id) in graph.outputs {
          let (found, expected) = (try lane.output(name), try reference.output(name))
          let title = "\(tested.testDescription), \(format.rawValue), \(name)"
          expectClose(
            found, expected, graph[id].type.dtype, title, inner: operation.hasInnerRoundings ? format.spacing : 0)
          if operation.hasInnerRoundings { expectMostlyEqual(found, expected, graph[id].type.dtype, title) }
        }
      }
    }
  }

  @Test("also where they multiply by the loss scale", arguments: BackendUnderTest.all)
  func lossScale(_ tested: BackendUnderTest) throws {
    let shape: Shape = [5, 3]
    let losses: [(GraphIR.Operation, [OperationCase.Operand])] = [
      (.crossEntropyBackward, [.activation([5, 10]), .labels([5])]),
      (.bceWithLogitsBackward, [.activation(shape), .targets(shape)]),
      (.binaryCrossEntropyBackward, [.probabilities(shape), .targets(shape)]),
      (.meanSquaredErrorBackward, [.activation(shape), .targets(shape)]),
    ]
    let scaler = GradScaler(GradScaler.Settings(initialScale: 1024))
    for (gradient, operands) in losses {
      let graph = try OperationCase("gradient", gradient, operands).graph(.float32)
      let scaled = try Lane(graph, on: tested.backend, threads: tested.threads, scaler: scaler)
      let plain = try Lane(graph, on: tested.backend, threads: tested.threads)
      try scaled.run()
      try plain.run()
      // A power of two scales without rounding, unless the product of scale and 1/N rounds differently: it does not.
      #expect(try scaled.output("0.0") == plain.output("0.0").map { $0 * 1024 }, "\(gradient.name)")
    }
  }

  @Test("and the verdict on gradients divides by the loss scale", arguments: BackendUnderTest.withReference)
  func unscale(_ tested: BackendUnderTest) throws {
    let graph = try OperationCase("unscale", .unscale, [.activation([5, 67])]).graph(.float16)
    func verdict(_ scale: Float) throws -> [Float] {
      let scaler = GradScaler(GradScaler.Settings(initialScale: scale))
      let lane = try Lane(graph, on: tested.backend, threads: tested.threads, scaler: scaler)
      try lane.run()
      return try lane.output("0.0")
    }
    let (plain, scaled) = (try verdict(1), try verdict(1024))
    #expect(scaled[GradientVerdict.norm] == plain[GradientVerdict.norm] / 1024)
    #expect(scaled[GradientVerdict.largest] == plain[GradientVerdict.largest] / 1024)
    #expect(scaled[GradientVerdict.inverseScale] == 0x1p-10)
    #expect(try verdict(0x1p-128)[GradientVerdict.foundInf] == 1, "the reciprocal overflows fp32")
  }

  @Test("and gradients of tables have the same bits for every number of threads", arguments: formats)
  func scatterAdd(_ format: DType) throws {
    let gradients = [
      OperationCase("table", .embeddingBackward, [.activation([999, 33]), .indices([999])], stated: [64, 33]),
      OperationCase("rows", .gatherBackward, [.activation([3, 333, 33]), .indices([3, 333])], stated: [3, 64, 33]),
    ]
    for gradient in gradients {
      let graph = try gradient.graph(format)
      let results = try (1...3).map { threads in
        let lane = try Lane(graph, on: CPUBackend(), threads: threads)
        // Every row is met some sixteen times: sums in another order would round otherwise.
        try lane.run(classes: 61)
        return try lane.output("0.0").map(\.bitPattern)
      }
      #expect(results[1] == results[0] && results[2] == results[0], "\(gradient.testDescription)")
    }
  }

  @Test("and attention over many long samples is that of each sample", arguments: BackendUnderTest.all, formats)
  func longAttention(_ tested: BackendUnderTest, _ format: DType) throws {
    // Scores of four samples take 2.5 MiB: more than a device takes at once.
    let (samples, attributes) = (4, AttentionAttributes(heads: 4, isCausal: true))
    func lane(_ samples: Int, _ isForward: Bool) throws -> Lane {
      let qkv = OperationCase.Operand.activation([samples, 200, 24])
      let output = OperationCase.Operand.activation([samples, 200, 8])
      let operation =
        isForward
        ? OperationCase("attention", .attention(attributes), [qkv])
        : OperationCase(
          "gradient", .attentionBackward(attributes), [output, qkv, output, .positive([samples, 4, 200])])
      return try Lane(operation.graph(format), on: tested.backend, threads: tested.threads)
    }
    for isForward in [true, false] {
      let whole = try lane(samples, isForward)
      try whole.run()
      let results = try whole.executable.graph.outputs.keys.sorted().map { ($0, try whole.output($0)) }
      for sample in 0..<samples {
        let part = try lane(1, isForward)
        for entry in whole.state.layout.entries {
          let elements = try whole.state.floats(entry.name)
          let share = elements.count / samples
          try part.state.write(entry.name, Array(elements[(sample * share)..<((sample + 1) * share)]))
        }
        try part.executable.activate(part.state)
        try part.run()
        for (name, result) in results {
          let share = result.count / samples
          let found = Array(result[(sample * share)..<((sample + 1) * share)])
          let id = try #require(part.executable.graph.outputs[name])
          let dtype = part.executable.graph[id].type.dtype
          expectClose(found, try part.output(name), dtype, "sample \(sample), \(name)", inner: format.spacing)
        }
      }
    }
  }

  /// The reference rounds once from Double.
  ///
  /// A device sums in fp32, in some order, and rounds once to the format: its result may be the neighbour (one
  /// spacing), and sums of up to a hundred terms that cancel lose up to 1e-5 of the largest element. Below the normal
  /// range of fp16 neighbours stand 2^-24 apart.
  ///
  /// Where values inside are rounded (probabilities, gates), one of them may be the neighbour too. It is one term of a
  /// sum, or passes an activation that flattens, so its spacing of `inner` counts up to twice, relative to the largest
  /// element.
  private func expectClose(
    _ found: [Float], _ expected: [Float], _ dtype: DType, _ title: String, inner: Double
  ) {
    #expect(found.count == expected.count, "\(title)")
    let largest = Double(expected.filter(\.isFinite).map(abs).max() ?? 0)
    for (index, (a, b)) in zip(found, expected).enumerated() where a != b {
      let tolerance =
        dtype.spacing * Double(abs(b)) + (1e-5 + 2 * inner) * largest + (dtype == .float16 ? 0x1p-24 : 0)
      let distance = abs(Double(a) - Double(b))
      #expect(distance <= tolerance, "\(title)[\(index)]: \(a), reference \(b)")
    }
  }

  /// Whether a device rounds inside at all shows in how many results are equal.
  ///
  /// fp32 sums differ by some 1e-7, a 16-bit spacing is 5e-4 or more: at most one in a hundred results falls on the
  /// other side of a tie. Without an inner rounding every second one would.
  private func expectMostlyEqual(_ found: [Float], _ expected: [Float], _ dtype: DType, _ title: String) {
    guard dtype.isLowPrecision else { return }
    let different = zip(found, expected).count { $0 != $1 }
    #expect(different <= 1 + found.count / 50, "\(title): \(different) of \(found.count) differ")
  }
}
