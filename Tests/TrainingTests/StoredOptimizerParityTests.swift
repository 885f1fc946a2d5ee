import BackendAPI
import BackendCPU
import GraphIR
import SafetensorsFormat
import TensorCore
import Testing
import Training
import TrainingEvents

@Suite("Optimizers on 16-bit weights and states against PyTorch's fused ones")
struct StoredOptimizerParityTests {
  private struct Sequences: Decodable {
    struct Case: Decodable {
      var name: String
      var optimizer: ReferenceOptimizer
      var format: NumericFormat
      var results: [String]
    }

    var steps: Int
    var tensors: [String: [Int]]
    var file: String
    var cases: [Case]
  }

  /// Both load, compute in fp32 and round once.
  ///
  /// In fp32 they differ by two or three ulps (fused multiply-adds, reciprocals), and an ulp of fp16 is 2^13 of fp32: one
  /// element in a thousand may be rounded to its neighbour. Two roundings in a row, or a constant held in 16 bits, move
  /// elements by the dozen.
  @Test("Ten commits on given gradients store torch's numbers, but for single neighbours", arguments: [1, 2])
  func sequences(threads: Int) throws {
    let fixture = try ReferenceFixtures.decode(Sequences.self, "stored_optimizer_sequences.json")
    let file = try ReferenceFixtures.tensors(fixture.file)
    #expect(fixture.cases.count == 8)
    for item in fixture.cases {
      let compared = try compare(item, fixture, file, threads: threads)
      if ParityReport.isWanted { ParityReport.line("stored \(item.name): \(compared)") }
      #expect(compared.apart == 0 && compared.neighbours * 100 <= compared.elements, "\(item.name): \(compared)")
    }
  }

  @Test("What fp32 states would have come to is not taken for it")
  func discrimination() throws {
    let fixture = try ReferenceFixtures.decode(Sequences.self, "stored_optimizer_sequences.json")
    let file = try ReferenceFixtures.tensors(fixture.file)
    for item in fixture.cases {
      let compared = try compare(item, fixture, file, threads: 1, storage: .float32)
      #expect(compared.apart * 20 > compared.elements, "\(item.name): \(compared)")
    }
  }

  /// How many stored elements are torch's, are next to torch's, and lie further away.
  private struct Comparison {
    var elements = 0
    var neighbours = 0
    var apart = 0

    mutating func add(_ values: [Float], _ expected: [Float], _ format: DType) {
      elements += values.count
      for (value, wanted) in zip(values, expected) where value != wanted {
        let ulp = format == .float16 ? Double(Float16(wanted).ulp) : Double(wanted.ulp) * 0x1p16
        if abs(Double(value) - Double(wanted)) <= ulp { neighbours += 1 } else { apart += 1 }
      }
    }
  }

  /// Runs a case with weights and states in its format, or in `storage`, and compares them in its format.
  private func compare(
    _ item: Sequences.Case, _ fixture: Sequences, _ file: SafetensorsFile, threads: Int, storage: DType? = nil
  ) throws -> Comparison {
    let format = item.format.dtype
    let optimizer = item.optimizer.optimizer
    let inputs = try ReferenceFixtures.tensors("optimizer_sequences.safetensors")
    let graph = try commitGraph(fixture.tensors, optimizer.kind, storage: storage ?? format)
    let run = try GraphRun(graph, backend: CPUBackend(), optimizer: optimizer.kind, threads: threads)
    func rounded(_ values: [Float]) -> [Float] { values.map { Float(format.rounded(Double($0))) } }
    for name in fixture.tensors.keys { try run.state.write(name, inputs.floats("\(name).initial")) }
    try run.executable.activate(run.state)

    var comparison = Comparison()
    for step in 0..<fixture.steps {
      var part: [String: Range<Int>] = [:]
      for (name, shape) in fixture.tensors {
        let count = shape.reduce(1, *)
        let elements = (step * count)..<((step + 1) * count)
        try run.state.write("\(name).gradient", rounded(Array(inputs.floats("\(name).gradients")[elements])))
        part[name] = elements
      }
      #expect(try run.run(learningRate: optimizer.learningRate).skip == nil)
      for (name, elements) in part {
        let expected = try file.floats("\(item.name).\(name).weights")[elements]
        try comparison.add(rounded(run.state.floats(name)), Array(expected), format)
      }
    }
    for key in item.results where !key.hasSuffix(".weights") {
      let parts = key.split(separator: ".").map(String.init)
      let state = try #require(OptimizerParityTests.states[parts[1]])
      let name = StateLayout.optimizerEntry(state, of: parts[0])
      try comparison.add(rounded(run.state.floats(name)), file.floats("\(item.name).\(key)"), format)
    }
    return comparison
  }
}
