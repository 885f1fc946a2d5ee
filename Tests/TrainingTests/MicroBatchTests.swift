import BackendAPI
import BackendCPU
import Datasets
import Testing
import Training
import TrainingEvents

@Suite("Micro-batches")
struct MicroBatchTests {
  private static let count = 4

  /// A trainer that learns nothing, so that four steps and four micro-batches of one step see the same weights.
  private func still(
    _ model: String, batches: some BatchSource, dropout: Float = 0, accumulation: Int, backend: any Backend
  ) throws -> Trainer {
    try Trainer(
      Trainer.Configuration(
        model: .small(model, sampleShape: batches.input.shape, dropout: dropout), batches: batches,
        optimizer: .sgd(learningRate: 0), gradientAccumulation: accumulation),
      precision: .fp32, backend: backend)
  }

  @Test("Each draws a dropout mask of its own, the mask that a step would draw")
  func dropout() throws {
    let batches = RepeatedBatch(source: ComputedBatches())
    let single = try still("mlp", batches: batches, dropout: 0.5, accumulation: 1, backend: CPUBackend())
    let losses = try (0..<(2 * Self.count)).map { _ in try single.step().loss }
    #expect(Set(losses).count == losses.count, "losses differ by their masks alone")

    let accumulated = try still(
      "mlp", batches: batches, dropout: 0.5, accumulation: Self.count, backend: CPUBackend())
    for step in 0..<2 {
      let mean = losses[(step * Self.count)...].prefix(Self.count).reduce(0, +) / Double(Self.count)
      // Four losses summed in fp32, or in fp64 and rounded.
      #expect(abs(try accumulated.step().loss - mean) <= 4 * 0x1p-24 * mean)
    }
  }

  @Test(
    "Running statistics see every micro-batch, as torch's do, and are committed with the step",
    arguments: [CPUBackend() as any Backend, ReferenceBackend()])
  func statistics(backend: any Backend) throws {
    let batches = ComputedBatches()
    let single = try still("cnn", batches: batches, accumulation: 1, backend: backend)
    let accumulated = try still("cnn", batches: batches, accumulation: Self.count, backend: backend)
    let first = try accumulated.state.bits
    for _ in 0..<2 {
      _ = try single.losses(Self.count)
      #expect(try accumulated.step().isCommitted)
      for entry in accumulated.state.layout.entries where entry.kind == .statistic {
        let bits = try accumulated.state.floats(entry.name).map(\.bitPattern)
        #expect(bits != first[entry.name], "\(entry.name)")
        #expect(try single.state.floats(entry.name).map(\.bitPattern) == bits, "\(entry.name)")
      }
    }
  }

  @Test("A micro-batch that is not finite takes back the statistics of those before it", arguments: 0..<count)
  func skipped(spoiled: Int) throws {
    let batches = ComputedBatches { attempt, values in
      if attempt == Self.count + spoiled { values[3] = .infinity }
    }
    let trainer = try still("cnn", batches: batches, accumulation: Self.count, backend: CPUBackend())
    #expect(try trainer.step().isCommitted)
    let before = try trainer.state.bits
    #expect(try trainer.step().outcome.skip == .loss)
    #expect(try trainer.state.bits == before)
    #expect(try trainer.step().isCommitted)
    #expect(try trainer.state.bits != before)
  }
}

/// The first batch of a source, again and again.
private struct RepeatedBatch: BatchSource {
  var source: ComputedBatches

  var batchSize: Int { source.batchSize }
  var input: SampleType { source.input }
  var task: LearningTask { source.task }
  var attemptLimit: Int? { nil }

  func fill(
    attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    try source.fill(attempt: 0, inputs: inputs, targets: targets)
  }
}
