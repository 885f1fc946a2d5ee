import BackendAPI
import BackendCPU
import SafetensorsFormat
import Testing
import Training
import TrainingEvents

@Suite("Loss scaler: runs")
struct ScalerRunTests {
  /// From attempt 3 on pixels are too large for fp16, not for fp32.
  private static let overflowing = ComputedBatches { attempt, values in
    if attempt >= 3 { for index in values.indices { values[index] *= 1e6 } }
  }

  /// A configuration that learns nothing, so that large pixels do no harm in fp32.
  private static func overflowing(_ scaler: ScalerPolicy) throws -> Trainer.Configuration {
    try Trainer.Configuration(
      model: .small("mlp", sampleShape: overflowing.sampleShape), batches: overflowing,
      optimizer: .sgd(learningRate: 0), scaler: scaler)
  }

  @Test("A lane ends as diverged with DeepSpeed's message at the floor; the other lane goes on")
  func raises() throws {
    let scaler = try #require(try ScalerPolicy.named("deepspeed", initialScale: 4))
    let harness = try SessionHarness(
      Self.overflowing(scaler), [.fp32, .ampFP16], options: Session.Options(steps: 30, schedule: .alternating))
    let events = try harness.runToEnd()
    // One overflow is forgiven, two halve the scale to 1, the fourth raises.
    #expect(events.steps(of: laneB).map(\.committed) == [true, true, true, false, false, false, false])
    #expect(events.steps(of: laneB).map(\.scale) == [4, 4, 4, 4, 4, 2, 1])
    #expect(events.states(of: laneB) == [.compiling, .running, .diverged])
    #expect(events.stateReports(of: laneB).last?.attempt == 7)
    #expect(
      events.errors == [
        Message(
          lane: laneB,
          text: "Current loss scale already at minimum - cannot decrease scale anymore. Exiting run.")
      ])
    #expect(events.steps(of: laneA).count == 30 && events.states(of: laneA).last == .finished)
    #expect(events.summaries.first?.lanes.map(\.state) == [.finished, .diverged])
    #expect(harness.session.description.lanes.map(\.scaler?.policy) == [nil, .deepspeed])
  }

  @Test("Megatron's scaler stays at its floor, and the lane skips on to its end")
  func staysAtFloor() throws {
    let scaler = try #require(try ScalerPolicy.named("megatron", initialScale: 4))
    let harness = try SessionHarness(
      Self.overflowing(scaler), [.ampFP16], options: Session.Options(steps: 30, schedule: .alternating))
    let events = try harness.runToEnd()
    #expect(events.steps(of: laneA).count == 30)
    #expect(events.steps(of: laneA).last?.scale == 1)
    #expect(events.errors.isEmpty)
  }

  @Test("torch's scaler ends the lane before its reciprocal is useless, and lane A's weights are still saved")
  func guarded() throws {
    let folder = try TemporaryFolder()
    var settings = GradScaler.Preset.torch.settings
    settings.initialScale = 0x1p-124
    let harness = try SessionHarness(
      Self.overflowing(.automatic(settings)), [.ampFP16],
      options: Session.Options(steps: 30, schedule: .alternating, saveWeightsTo: folder.path("weights.safetensors")))
    let events = try harness.runToEnd()
    #expect(events.steps(of: laneA).map(\.scale).suffix(3) == [0x1p-124, 0x1p-125, 0x1p-126])
    #expect(events.states(of: laneA).last == .diverged)
    #expect(events.errors.map(\.text).first?.contains("the scale is not the cause") == true)
    _ = try SafetensorsFile(path: folder.path("weights.safetensors"))
  }

  @Test("A static scale skips what overflows and stays where it is")
  func constant() throws {
    let trainer = try Trainer(Self.overflowing(.static(64)), precision: .ampFP16, backend: CPUBackend())
    let results = try (0..<8).map { _ in try trainer.step() }
    #expect(results.map(\.isCommitted) == [true, true, true, false, false, false, false, false])
    #expect(results.allSatisfy { $0.outcome.scale == 64 })
    let reports = results.map { $0.report(lane: laneA, segment: 0, samples: 4) }
    #expect(reports.allSatisfy { $0.scale == 64 && $0.stepsToGrowth == nil })
  }

  @Test("The countdown of a report goes down to 1, then the scale grows")
  func countdown() throws {
    let scaler = try #require(try ScalerPolicy.named("deepspeed", initialScale: 64, growthInterval: 3))
    let trainer = try Trainer(.small(scaler: scaler), precision: .ampFP16, backend: CPUBackend())
    let reports = try (0..<8).map { _ in try trainer.step().report(lane: laneA, segment: 0, samples: 8) }
    #expect(reports.allSatisfy { $0.committed })
    #expect(reports.map(\.stepsToGrowth) == [3, 2, 1, 3, 2, 1, 3, 2])
    #expect(reports.map(\.scale) == [64, 64, 64, 64, 128, 128, 128, 256])
  }

  @Test("auto jumps after the first step to the scale of its gradients, on every backend alike, and skips nothing")
  func measured() throws {
    let configuration = try Trainer.Configuration.small(scaler: .automatic(.measured))
    let trainer = try Trainer(configuration, precision: .ampFP16, backend: CPUBackend())
    let reference = try Trainer(configuration, precision: .ampFP16, backend: ReferenceBackend())
    #expect(try trainer.step().outcome.scale == 1024)
    _ = try reference.step()
    let scale = try #require(trainer.state.control.scaler?.scale)
    #expect(scale > 1024 && scale == reference.state.control.scaler?.scale)

    let results = try (0..<150).map { _ in try trainer.step() }
    #expect(results[0].outcome.scale == scale)
    #expect(results.allSatisfy { $0.isCommitted })
    // What torch's scaler finds by overflows lies at most the headroom and an interval's changes above.
    let torch = try Trainer(
      .small(scaler: .automatic(GradScaler.Settings(initialScale: 0x1p40, growthInterval: 50))), precision: .ampFP16,
      backend: CPUBackend())
    _ = try torch.losses(150)
    let (found, limit) = (try #require(results.last?.outcome.scale), try #require(torch.state.control.scaler?.scale))
    #expect(found <= limit && found >= limit / 256)
  }

  @Test("A jump is a scale event with its own cause")
  func measuredEvents() throws {
    let harness = try SessionHarness(
      .small(scaler: .automatic(.measured)), [.ampFP16], options: Session.Options(steps: 3))
    let events = try harness.runToEnd()
    let changes = events.compactMap { if case .scale(let report) = $0.body { report } else { nil } }
    #expect(changes.map(\.cause) == [.measured])
    #expect(changes.first?.from == 1024 && changes.first?.attempt == 0)
    #expect(harness.session.description.lanes.first?.scaler?.policy == .measured)
  }
}
