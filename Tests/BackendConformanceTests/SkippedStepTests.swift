import BackendAPI
import BackendCPU
import GraphIR
import TensorCore
import Testing

/// A way to make a step fail, and what has to come of it.
struct Mishap: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var network: Network
  var formats: [DType]
  var scale: Float = 1024
  var learningRate: Float = 0.05
  var batchFactor: Float = 1
  /// Written to the first optimizer state of one parameter.
  var momentum: Float?
  var skip: StepOutcome.Skip

  /// Whether the loss scale is to blame, as far as anyone can tell: then it halves.
  var backsOff: Bool { skip != .update }

  static let all: [Mishap] = [
    Mishap(
      testDescription: "an infinite batch", network: .perceptron, formats: [.float32, .bfloat16, .float16],
      batchFactor: .infinity, skip: .loss),
    Mishap(
      testDescription: "an infinite batch through batch norm", network: .convolutional,
      formats: [.float32, .bfloat16, .float16], batchFactor: .infinity, skip: .loss),
    Mishap(
      testDescription: "a scale that overflows fp16", network: .perceptron, formats: [.float16], scale: 0x1p40,
      skip: .gradient),
    Mishap(
      testDescription: "a scale that overflows fp16 in convolutions", network: .convolutional, formats: [.float16],
      scale: 0x1p40, skip: .gradient),
    Mishap(
      testDescription: "a scale whose reciprocal is infinite", network: .perceptron, formats: [.float32],
      scale: 0x1p-140, skip: .gradient),
    Mishap(
      testDescription: "a momentum and a learning rate that overflow weights", network: .perceptron,
      formats: [.float32, .bfloat16, .float16], learningRate: 1e12, momentum: 1e30, skip: .update),
  ]
}

@Suite("Skipped steps")
struct SkippedStepTests {
  @Test(
    "leave the state as it was, bit for bit, and the scaler as torch would",
    arguments: BackendUnderTest.withReference, Mishap.all)
  func skip(_ tested: BackendUnderTest, _ mishap: Mishap) throws {
    for format in mishap.formats {
      for optimizer in TrainingConformanceTests.optimizers {
        let scaler = GradScaler(GradScaler.Settings(initialScale: 1024, growthInterval: 3))
        let graph = try mishap.network.trainingStep(format, optimizer)
        let lane = try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer, scaler: scaler)
        // Momenta and moments shall not be zero.
        #expect(try lane.run(attempt: 0, learningRate: 0.01).skip == nil)
        lane.state.control.scaler?.scale = mishap.scale
        if let momentum = mishap.momentum {
          let entry = StateLayout.optimizerEntry(optimizer.stateNames[0], of: "head.bias")
          try lane.state.write(entry, [momentum, momentum, momentum])
        }
        let before = try lane.bits()
        let outcome = try lane.run(attempt: 1, learningRate: mishap.learningRate) { batch in
          batch = batch.map { $0 * mishap.batchFactor }
        }
        let title = "\(format.rawValue), \(optimizer.name)"
        #expect(outcome.skip == mishap.skip, "\(title)")
        #expect(outcome.scale == mishap.scale, "\(title)")
        #expect(try lane.bits() == before, "\(title)")
        #expect(lane.state.control.committedSteps == 1, "\(title)")
        #expect(lane.state.control.scaler?.scale == (mishap.backsOff ? mishap.scale / 2 : mishap.scale), "\(title)")
        #expect(lane.state.control.scaler?.growthTracker == (mishap.backsOff ? 0 : 1), "\(title)")
      }
    }
  }

  @Test("happen for a pending statistic that is not finite", arguments: BackendUnderTest.withReference)
  func pendingStatistic(_ tested: BackendUnderTest) throws {
    let optimizer = TrainingConformanceTests.optimizers[0]
    // With this momentum any batch variance above 2 overflows the running variance, and nothing else.
    let graph = try Network.normalized(BatchNormAttributes(momentum: 3e38)).trainingStep(.float32, optimizer)
    let lane = try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer)
    let before = try lane.bits()
    #expect(try lane.run { batch in batch = batch.map { $0 * 10 } }.skip == .update)
    #expect(try lane.bits() == before)
    #expect(lane.state.control.committedSteps == 0)
  }

  @Test("happen without a scaler too", arguments: BackendUnderTest.withReference)
  func withoutScaler(_ tested: BackendUnderTest) throws {
    let optimizer = TrainingConformanceTests.optimizers[0]
    let graph = try Network.perceptron.trainingStep(.float32, optimizer)
    let lane = try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer)
    let before = try lane.bits()
    let outcome = try lane.run { $0[3] = .nan }
    #expect(outcome.skip == .loss)
    #expect(outcome.scale == nil)
    #expect(try lane.bits() == before)
    #expect(lane.state.control.scaler == nil)
  }

  @Test("leave no trace in what follows", arguments: BackendUnderTest.withReference, formats)
  func recovery(_ tested: BackendUnderTest, _ format: DType) throws {
    for optimizer in TrainingConformanceTests.optimizers.prefix(2) {
      let graph = try Network.convolutional.trainingStep(format, optimizer)
      let lanes = try (0..<2).map { _ in
        try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer)
      }
      #expect(try lanes[0].run(attempt: 0, learningRate: 0.01) { $0[0] = .infinity }.skip == .loss)
      for lane in lanes {
        for attempt in 1..<3 { #expect(try lane.run(attempt: UInt64(attempt), learningRate: 0.01).skip == nil) }
      }
      // 16-bit copies as well: a stale one would change the second step.
      #expect(try lanes[0].bits() == lanes[1].bits())
    }
  }

  @Test("report a gradient norm that is not finite", arguments: BackendUnderTest.withReference)
  func gradNorm(_ tested: BackendUnderTest) throws {
    let optimizer = TrainingConformanceTests.optimizers[0]
    let scaler = GradScaler(GradScaler.Settings(initialScale: 0x1p40))
    let graph = try Network.perceptron.trainingStep(.float16, optimizer)
    let lane = try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer, scaler: scaler)
    #expect(try !lane.run().gradNorm.isFinite)
  }
}

extension BackendUnderTest {
  /// The reference has to obey the rules of a commit as well.
  static let withReference =
    [
      BackendUnderTest(testDescription: "reference", backend: ReferenceBackend(), threads: 1)
    ] + all
}
