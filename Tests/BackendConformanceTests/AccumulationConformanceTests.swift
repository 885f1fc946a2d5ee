import BackendAPI
import BackendCPU
import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Accumulated and clipped steps agree with the reference")
struct AccumulationConformanceTests {
  /// With dropout, with batch norm, whose statistics go from one micro-batch to the next, and with both.
  static let networks: [Network] = [.perceptron, .language, .segmentation, .recommender]

  @Test("over three commits of three micro-batches, clipped by norm and by value", arguments: networks, formats)
  func commits(_ network: Network, _ format: DType) throws {
    for optimizer in TrainingConformanceTests.optimizers {
      // Both limits bite: norms lie above 0.07, and some elements of what is left of them above 0.02.
      let clipping: [GradientClipping] = [.norm(0.05), .value(0.02)]
      let graph = try network.trainingStep(format, optimizer, microBatches: 3, clipping: clipping)
      let (reference, expected) = try threeSteps(graph, ReferenceBackend(), 1, optimizer)
      #expect(expected.allSatisfy { $0.skip == nil && $0.gradNorm > 0.05 }, "\(expected.map(\.gradNorm))")
      for tested in BackendUnderTest.all {
        let (lane, found) = try threeSteps(graph, tested.backend, tested.threads, optimizer)
        let tolerance = TrainingConformanceTests.tolerance(format)
        let title = "\(tested.testDescription), \(optimizer)"
        for (found, expected) in zip(found, expected) {
          #expect(found.skip == nil, "\(title)")
          #expect(abs(Double(found.loss) - Double(expected.loss)) <= tolerance * Double(expected.loss), "\(title)")
          #expect(abs(found.gradNorm - expected.gradNorm) <= 4 * tolerance * expected.gradNorm, "\(title)")
        }
        #expect(lane.state.control.committedSteps == 3)
        #expect(lane.state.control.scaler == reference.state.control.scaler)
        for entry in lane.state.layout.entries {
          let distance = try relativeDistance(lane.state.floats(entry.name), reference.state.floats(entry.name))
          // As without accumulation: see `TrainingConformanceTests`.
          #expect(distance <= 8 * tolerance, "\(title), \(entry.name): \(distance)")
        }
      }
    }
  }

  private func threeSteps(
    _ graph: Graph, _ backend: any Backend, _ threads: Int, _ optimizer: OptimizerKind
  ) throws -> (Lane, [StepOutcome]) {
    // A scale that three does not divide, and that grows after the second step.
    let scaler = GradScaler(GradScaler.Settings(initialScale: 128, growthInterval: 2))
    let lane = try Lane(graph, on: backend, threads: threads, optimizer: optimizer, scaler: scaler)
    return (lane, try (0..<3).map { try lane.run(attempt: UInt64($0), learningRate: 0.002) })
  }

  @Test("and one micro-batch that is not finite skips the whole step", arguments: BackendUnderTest.withReference, 0..<3)
  func skip(_ tested: BackendUnderTest, _ spoiled: Int) throws {
    let optimizer = TrainingConformanceTests.optimizers[0]
    let graph = try Network.convolutional.trainingStep(.float32, optimizer, microBatches: 3)
    let scaler = GradScaler(GradScaler.Settings(initialScale: 64))
    let lanes = try (0..<2).map { _ in
      try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer, scaler: scaler)
    }
    let before = try lanes[0].bits()
    let outcome = try lanes[0].run(attempt: 0) { batch in batch[batch.count / 3 * spoiled + 7] = .infinity }
    #expect(outcome.skip == .loss)
    #expect(!outcome.loss.isFinite)
    #expect(try lanes[0].bits() == before, "statistics of the other micro-batches neither")
    #expect(lanes[0].state.control.scaler?.scale == 32)
    // Sums and pending statistics of the skipped step leave no trace.
    lanes[0].state.control.scaler?.scale = 64
    for lane in lanes { #expect(try lane.run(attempt: 1).skip == nil) }
    #expect(try lanes[0].bits() == lanes[1].bits())
  }

  @Test("and a request has to hold all of its micro-batches", arguments: BackendUnderTest.withReference)
  func size(_ tested: BackendUnderTest) throws {
    let optimizer = TrainingConformanceTests.optimizers[0]
    let graph = try Network.recommender.trainingStep(.float32, optimizer, microBatches: 3)
    let lane = try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer)
    // Pairs (6, 2) in int64 and targets (6, 1) in fp32, of one micro-batch.
    let (batch, labels) = ([UInt8](repeating: 0, count: 96), [UInt8](repeating: 0, count: 24))
    let error = #expect(throws: BackendError.self) {
      try batch.withUnsafeBytes { batch in
        try labels.withUnsafeBytes { labels in
          try lane.executable.run(
            StepRequest(attempt: 0, seed: 0, learningRate: 0, batch: batch, labels: labels), on: lane.state)
        }
      }
    }
    #expect(error?.message.contains("288 bytes") == true)
    #expect(error?.message.contains("96") == true)
  }
}
