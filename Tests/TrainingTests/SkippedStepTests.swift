import BackendAPI
import BackendCPU
import Datasets
import SafetensorsFormat
import Testing
import Training
import TrainingEvents

@Suite("Skipped steps")
struct SkippedStepTests {
  private static let poisons: [Float] = [.nan, .infinity, -.infinity]

  @Test("A poisoned batch changes nothing but the attempt, in every precision", arguments: Precision.onCPU, poisons)
  func transaction(precision: Precision, poison: Float) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("batches.safetensors")
    try writeBatches(to: path, poisoning: 2, with: poison)
    let source = try ReplayedBatches(path: path, task: .classification(classes: 10))
    let trainer = try Trainer(
      Trainer.Configuration(
        model: .small("cnn", sampleShape: source.input.shape), batches: source, optimizer: .adamW(),
        scaler: .automatic(GradScaler.Settings(initialScale: 256))),
      precision: precision, backend: CPUBackend())
    #expect(try trainer.step().isCommitted)
    #expect(try trainer.step().isCommitted)
    let before = try trainer.state.bits

    let skipped = try trainer.step()

    #expect(skipped.attempt == 2 && trainer.attempt == 3)
    #expect(skipped.outcome.skip != nil)
    #expect(skipped.control.committedSteps == 2)
    #expect(try trainer.state.bits == before)
    let scales: [Precision: Float] = [.ampFP16: 128, .o2: 128, .fp16: 1]
    #expect(trainer.state.control.scaler?.scale == scales[precision])

    let next = try trainer.step()
    #expect(next.isCommitted && next.control.committedSteps == 3)
    #expect(try trainer.state.isFinite)
    #expect(try trainer.state.bits != before)
  }

  @Test("After a skip the run goes on as if that attempt had only advanced the count")
  func goesOn() throws {
    let poisoned = ComputedBatches { attempt, values in if attempt == 1 { values[0] = .nan } }
    let configuration = try Trainer.Configuration(
      model: .small("cnn", sampleShape: poisoned.input.shape), batches: poisoned, optimizer: .adamW())
    let trainer = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    _ = try trainer.step()
    let copy = try trainer.state.copy()
    #expect(try trainer.step().outcome.skip == .loss)
    let other = try Trainer(
      configuration, precision: .fp32, continuing: copy, attempt: 2, backend: CPUBackend())
    #expect(try trainer.losses(3) == other.losses(3))
    #expect(try trainer.state.bits == other.state.bits)
  }

  @Test(
    "An update that would overflow is skipped, and the loss scale stays",
    arguments: [Optimizer.sgd(learningRate: 0.05), .adamW()])
  func update(optimizer: Optimizer) throws {
    let trainer = try Trainer(.small(optimizer: optimizer), precision: .ampFP16, backend: CPUBackend())
    _ = try trainer.step()
    let before = try trainer.state.bits
    let scaler = trainer.state.control.scaler
    // Infinite in fp32: every new weight would be infinite or NaN.
    trainer.learningRate = 1e300
    let result = try trainer.step()
    #expect(result.outcome.skip == .update)
    #expect(try trainer.state.bits == before)
    #expect(trainer.state.control.scaler == scaler)
    #expect(result.report(lane: LaneID(0), segment: 0, samples: 8).skipReason == .nonFiniteUpdate)
  }

  @Test("From a scale of 2^30 amp-fp16 skips at least five steps, recovers, and grows later")
  func recovery() throws {
    let settings = GradScaler.Settings(initialScale: 0x1p30, growthInterval: 10)
    let trainer = try Trainer(
      .small(scaler: .automatic(settings)), precision: .ampFP16, backend: CPUBackend())
    let first = try trainer.state.bits
    var results: [StepResult] = []
    while let result = try? trainer.step(), !result.isCommitted, results.count < 40 {
      results.append(result)
      let bits = try trainer.state.bits
      #expect(bits == first)
    }
    #expect(results.count >= 5)
    #expect(results.allSatisfy { $0.outcome.skip == .gradient })
    #expect(results.map(\.outcome.scale) == results.indices.map { 0x1p30 / Float(1 << $0) })
    let later = try (0..<40).map { _ in try trainer.step() }
    #expect(later.contains { ($0.control.scaler?.scale ?? 0) > ($0.outcome.scale ?? 0) }, "grows")
    #expect(later.count { $0.isCommitted } >= 35)
    #expect(later.allSatisfy { $0.loss.isFinite })
  }

  /// Four batches of four 14×14 images; one number of one of them is `poison`.
  private func writeBatches(to path: String, poisoning attempt: Int, with poison: Float) throws {
    let source = ComputedBatches(batchSize: 4, sampleShape: [1, 14, 14])
    var x: [Float] = []
    var y: [Int64] = []
    for index in 0..<4 {
      var values = [Float](repeating: 0, count: source.batchSize * source.input.elementCount)
      var labels = [Int64](repeating: 0, count: source.batchSize)
      try values.withUnsafeMutableBytes { values in
        try labels.withUnsafeMutableBytes { try source.fill(attempt: index, inputs: values, targets: $0) }
      }
      if index == attempt { values[100] = poison }
      x += values
      y += labels
    }
    var writer = SafetensorsWriter(path: path)
    try writer.add("x", shape: [4, 4, 1, 14, 14], floats: x)
    try writer.add("y", shape: [4, 4], int64s: y)
    try writer.write()
  }
}
