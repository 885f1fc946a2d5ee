import BackendAPI
import BackendCPU
import GraphIR
import SafetensorsFormat
import TensorCore
import Testing
import Training

@Suite("Optimizers against PyTorch")
struct OptimizerParityTests {
  private struct Sequences: Decodable {
    struct Case: Decodable {
      var name: String
      var optimizer: ReferenceOptimizer
      var distanceFromFp64: [String: Double]
      var clipNorm: Float?
      var clipValue: Float?
      /// Of every step's gradients, before clipping; where a case clips.
      var gradientNorms: [Double]?

      /// Torch's order: all gradients to a norm, then each element to a value.
      var clipping: [GradientClipping] {
        [clipNorm.map { .norm($0) }, clipValue.map { .value($0) }].compactMap { $0 }
      }
    }

    var steps: Int
    var tensors: [String: [Int]]
    var file: String
    var cases: [Case]
  }

  /// Our names of the optimizer's states by the fixture's.
  static let states = [
    "momentum_buffer": "momentum_buffer", "first_moment": "exp_avg", "second_moment": "exp_avg_sq",
  ]

  @Test("Ten commits on given gradients follow torch's weights and states", arguments: [1, 2])
  func sequences(threads: Int) throws {
    let fixture = try ReferenceFixtures.decode(Sequences.self, "optimizer_sequences.json")
    let file = try ReferenceFixtures.tensors(fixture.file)
    #expect(fixture.cases.count == 13)
    for item in fixture.cases {
      let optimizer = item.optimizer.optimizer
      let graph = try commitGraph(fixture.tensors, optimizer.kind, item.clipping)
      let run = try GraphRun(graph, backend: CPUBackend(), optimizer: optimizer.kind, threads: threads)
      var gradients: [String: [Float]] = [:]
      for name in fixture.tensors.keys {
        gradients[name] = try file.floats("\(name).gradients")
        try run.state.write(name, file.floats("\(name).initial"))
      }
      try run.executable.activate(run.state)

      for step in 0..<fixture.steps {
        for (name, shape) in fixture.tensors {
          let count = shape.reduce(1, *)
          let all = try #require(gradients[name])
          try run.state.write("\(name).gradient", Array(all[(step * count)..<((step + 1) * count)]))
        }
        let outcome = try run.run(learningRate: optimizer.learningRate)
        #expect(outcome.skip == nil)
        if let norms = item.gradientNorms {
          // Recorded in fp64; ours is summed in fp64 and stored in fp32.
          #expect(abs(outcome.gradNorm - norms[step]) <= 0x1p-23 * norms[step], "\(item.name) step \(step)")
        }
        for (name, shape) in fixture.tensors {
          let count = shape.reduce(1, *)
          let expected = try file.floats("\(item.name).\(name).weights")[(step * count)..<((step + 1) * count)]
          try expect(run.state.floats(name), near: Array(expected), "\(name).weights", item)
        }
      }
      for key in item.distanceFromFp64.keys where !key.hasSuffix(".weights") {
        let parts = key.split(separator: ".").map(String.init)
        let state = try #require(OptimizerParityTests.states[parts[1]])
        let name = StateLayout.optimizerEntry(state, of: parts[0])
        try expect(run.state.floats(name), near: file.floats("\(item.name).\(key)"), key, item)
      }
    }
  }

  /// Ours and torch's results both lie near the fp64 result; ours may round in another order (fused multiply-adds,
  /// reciprocals), hence five times torch's own distance, at least the 1e-6 that the fixtures' tolerances start from.
  private func expect(_ values: [Float], near expected: [Float], _ key: String, _ item: Sequences.Case) throws {
    let distance = try #require(item.distanceFromFp64[key])
    let size = maximumNorm(expected.map(Double.init))
    let difference = maximumNorm(zip(values, expected).map { Double($0) - Double($1) })
    #expect(difference <= max(5 * distance, 1e-6) * size, "\(item.name) \(key)")
    if key.hasSuffix("second_moment") {
      // A sum of squares: no cancellation, so every element is accurate in itself. Ten steps of three roundings.
      for (value, wanted) in zip(values, expected) { #expect(abs(value - wanted) <= 30 * wanted.ulp) }
    }
  }
}
