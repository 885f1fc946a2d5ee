import BackendAPI
import BackendCPU
import Datasets
import TensorCore
import Testing
import Training
import TrainingEvents

@Suite("Diagnosis of skipped steps")
struct DiagnosisTests {
  /// The diagnoses of a session of one lane.
  private func diagnoses(
    _ configuration: Trainer.Configuration, _ policy: PrecisionPolicy, steps: Int, faults: [String] = []
  ) throws -> (found: [DiagnosisReport], events: [TrainingEvent]) {
    var options = Session.Options(steps: steps, schedule: .alternating, isLossless: true, ringCapacity: 64)
    options.faults = try faults.map { try Fault(parsing: $0) }
    let events = try SessionHarness(configuration, [policy], options: options).runToEnd()
    return (events.diagnoses, events)
  }

  private func overflowing(_ factor: Float, from attempt: Int = 2) throws -> Trainer.Configuration {
    let batches = ComputedBatches { number, values in
      if number >= attempt { for index in values.indices { values[index] *= factor } }
    }
    return try Trainer.Configuration(
      model: .small("mlp", sampleShape: batches.sampleShape), batches: batches, optimizer: .sgd(learningRate: 0))
  }

  @Test("A batch that is not finite is the data's fault")
  func data() throws {
    let batches = ComputedBatches { attempt, values in if attempt == 1 { values[3] = .nan } }
    let configuration = try Trainer.Configuration(
      model: .small("mlp", sampleShape: batches.sampleShape), batches: batches, optimizer: .sgd(learningRate: 0.01))
    let found = try diagnoses(configuration, PrecisionPolicy(.ampFP16), steps: 3).found
    #expect(found.map(\.attempt) == [1])
    let first = try #require(found.first)
    #expect(first.cause == .data && first.operation == "x" && first.nans == 1 && first.infinities == 0)
    #expect(first.count == 4 * 64 && first.explanation.contains("1 NaN of 256"))
  }

  @Test("An operand too large for fp16 is a forward overflow at the first operation it meets")
  func forward() throws {
    let found = try diagnoses(overflowing(1e6), PrecisionPolicy(.ampFP16), steps: 3).found
    let first = try #require(found.first)
    #expect(first.cause == .forwardOverflow && first.phase == "forward" && first.attempt == 2)
    #expect(first.operation == "cast_f16" && first.format == .fp16)
    #expect(first.infinities > 0 && first.nans == 0)
    #expect((first.largestOperand ?? 0) > 9e5)
    #expect(first.explanation.contains("the loss scale has no part in it"))
  }

  @Test("Too large a loss scale is a backward overflow, whatever scale the scaler has gone on to")
  func backward() throws {
    let configuration = try Trainer.Configuration.small(
      "mlp", scaler: .automatic(GradScaler.Settings(initialScale: 0x1p40)))
    let (found, events) = try diagnoses(configuration, PrecisionPolicy(.ampFP16), steps: 30)
    let skipped = events.steps.filter { !$0.committed }
    #expect(found.map(\.attempt) == skipped.map(\.attempt))
    #expect(found.map(\.scale) == skipped.map(\.scale))
    #expect(found.allSatisfy { $0.cause == .backwardOverflow && $0.phase == "backward" && $0.format == .fp16 })
    #expect(found.first?.explanation.contains("a loss scale of 2^40 is too large") == true)
    // Later on the scale is nearly right, and fewer elements overflow.
    let counts = found.map { $0.infinities + $0.nans }
    #expect(try #require(counts.last) < #require(counts.first))
  }

  @Test("The layer that overflows is named, and keeping it in fp32 lets the step commit")
  func namesLayer() throws {
    let configuration = Trainer.Configuration.overflowingSum
    let found = try diagnoses(configuration, PrecisionPolicy(.ampFP16), steps: 2).found
    let first = try #require(found.first)
    #expect(first.cause == .forwardOverflow && first.operation == "linear" && first.layer == "head")
    #expect(first.infinities == 1 && first.largestOperand == 30000)
    #expect(first.explanation.contains("keep head in fp32"))
    let kept = PrecisionPolicy(.ampFP16, overrides: PrecisionOverrides(keepFP32: ["head"]))
    let after = try diagnoses(configuration, kept, steps: 2)
    #expect(after.found.isEmpty && after.events.steps.map(\.committed) == [true, true])
  }

  @Test("Weights that are not finite, or too large for their copy, are named")
  func weights() throws {
    let configuration = try Trainer.Configuration.small("mlp")
    let trainer = try Trainer(configuration, precision: .ampFP16, backend: CPUBackend())
    let name = try #require(trainer.state.layout.entries.first { $0.kind == .parameter && $0.shape.rank == 2 }?.name)
    var values = try trainer.state.floats(name)
    // The pixel it meets is negative: with the other sign relu would hide the infinity.
    values[1] = -1e5
    trainer.learningRate = 0
    try trainer.state.write(name, values)
    try trainer.setPrecision(.fp32)
    #expect(try trainer.step(diagnosing: true).finding == nil)
    try trainer.setPrecision(.ampFP16)
    let beyond = try #require(try trainer.step(diagnosing: true).finding)
    #expect(beyond.source == .copy(of: name) && beyond.infinities == 1)

    let (found, events) = try diagnoses(configuration, PrecisionPolicy(.fp32), steps: 130, faults: ["nan:\(name)@5"])
    // The fault is a parameter, and stays: every later step is skipped, and the lane ends as diverged.
    let first = try #require(found.first)
    #expect(first.cause == .weights && first.operation == name && first.attempt == 5 && first.nans == 1)
    #expect(events.states(of: laneA).last == .diverged)
    #expect(events.steps.dropFirst(5).allSatisfy { !$0.committed })
    // Diagnosed one by one at first, then ever more rarely.
    #expect(found.count == 32 + 1)
    #expect(found.last?.attempt == 5 + 63)
  }

  @Test("An update that leaves the format's range names the parameter")
  func update() throws {
    let configuration = try Trainer.Configuration.small("mlp", optimizer: .sgd(learningRate: 1e30))
    let found = try diagnoses(configuration, PrecisionPolicy(.fp16), steps: 2).found
    let first = try #require(found.first)
    #expect(first.cause == .update && first.phase == "optimizer" && first.format == .fp16)
    #expect(first.operation.hasSuffix("weight") || first.operation.hasSuffix("bias"))
  }

  @Test("AdamW in fp16 without an eps that exists there is warned of, and named as a constant out of range")
  func constant() throws {
    // The border of the images is 0, and so are the gradients of the weights that read it.
    let configuration = try Trainer.Configuration.small("mlp", optimizer: .adamW(learningRate: 1e-3))
    let (found, events) = try diagnoses(configuration, PrecisionPolicy(.fp16), steps: 3)
    #expect(events.notes.contains { $0.text.contains("adamw's eps 1e-08 is 0 in fp16") })
    let first = try #require(found.first)
    #expect(first.cause == .constant && first.explanation.contains("--eps 1e-4"))
    let larger = try Trainer.Configuration.small("mlp", optimizer: .adamW(learningRate: 1e-3, eps: 1e-4))
    let fine = try diagnoses(larger, PrecisionPolicy(.fp16), steps: 3)
    #expect(fine.found.isEmpty && !fine.events.notes.contains { $0.text.contains("eps") })
  }

  @Test("A fault is called a fault, wherever it is put", arguments: ["nan:x@1", "inf:0@1", "nan:grad:0@1"])
  func injected(fault: String) throws {
    let batches = ComputedBatches()
    let network = Sequential(Flatten(), Linear(64, 16), ReLU(), Linear(16, 10))
    let configuration = Trainer.Configuration(
      model: Model(name: "named", network: network, sampleShape: batches.sampleShape, classCount: 10),
      batches: batches, optimizer: .sgd(learningRate: 0.01))
    let text = fault.replacing("0@", with: "1@")
    let (found, events) = try diagnoses(configuration, PrecisionPolicy(.ampBF16), steps: 3, faults: [text])
    #expect(found.map(\.attempt) == [1])
    #expect(found.first?.cause == .injected)
    #expect(events.faults.map(\.attempt) == [1])
    #expect(events.steps.map(\.committed) == [true, false, true])
  }
}
