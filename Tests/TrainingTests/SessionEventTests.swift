import BackendAPI
import BackendCPU
import Datasets
import SafetensorsFormat
import Synchronization
import Testing
import Training
import TrainingEvents

@Suite("Session: events")
struct SessionEventTests {
  @Test("The stream begins with the session and ends with final states, agreements and one summary")
  func wholeStream() throws {
    let harness = try SessionHarness(
      .small(), [.ampBF16, .fp32, .ampFP16],
      options: Session.Options(steps: 20, schedule: .alternating, evaluation: SmallData.glyphs))
    let events = try harness.runToEnd()

    guard case .session(let description) = try #require(events.first).body else {
      Issue.record("the first event is \(events[0].body)")
      return
    }
    #expect(description == harness.session.description)
    #expect(description.baseline == laneB)
    #expect(description.lanes.map(\.precision) == [.ampBF16, .fp32, .ampFP16])
    #expect(description.lanes.map { $0.scaler != nil } == [false, false, true])
    #expect(description.steps == 20 && description.batchSize == 8 && description.model == "cnn")

    #expect(events.summaries.count == 1)
    guard case .summary(let summary) = try #require(events.last).body else {
      Issue.record("the last event is no summary")
      return
    }
    #expect(summary.lanes.map(\.lane) == [laneA, laneB, laneC])
    #expect(summary.lanes.allSatisfy { $0.state == .finished && $0.committed + $0.skipped == 20 })
    #expect(summary.lanes.allSatisfy { $0.evaluation?.count == 260 && $0.memory != nil })
    #expect(events.agreements.map(\.lane) == [laneA, laneC])
    #expect(events.agreements.allSatisfy { $0.baseline == laneB && $0.count == 260 && $0.void == nil })
    #expect(events.agreements.allSatisfy { $0.attempt == 20 && $0.low <= $0.difference && $0.difference <= $0.high })
    for lane in [laneA, laneB, laneC] {
      #expect(events.states(of: lane) == [.compiling, .running, .evaluating, .finished])
      #expect(events.stateReports(of: lane).last?.attempt == 20)
      // Nothing of a lane comes after its final state.
      let after = events.drop { $0.body != .lane(LaneStateReport(lane: lane, attempt: 20, state: .finished)) }
      #expect(after.dropFirst().allSatisfy { !isAbout(lane, $0) })
    }
  }

  private func isAbout(_ lane: LaneID, _ event: TrainingEvent) -> Bool {
    switch event.body {
    case .step(let report): report.lane == lane
    case .scale(let report): report.lane == lane
    case .precision(let report): report.lane == lane
    case .numerics(let report): report.lane == lane
    case .diagnosis(let report): report.lane == lane
    case .fault(let report): report.lane == lane
    case .added(let report): report.description.lane == lane
    case .settings(let report): report.lane == lane
    case .lane(let report): report.lane == lane
    case .memory(let report): report.lane == lane
    case .evaluation(let report): report.lane == lane
    case .note(let message), .error(let message): message.lane == lane
    case .session, .peaks, .schedule, .agreement, .command, .summary: false
    }
  }

  @Test("Every event encodes to a line of JSON and back")
  func coding() throws {
    let harness = try SessionHarness(
      .small(scaler: .automatic(GradScaler.Settings(initialScale: 0x1p30, growthInterval: 4))), [.fp32, .ampFP16],
      options: Session.Options(
        schedule: .alternating, evaluation: SmallData.glyphs, isLossless: true, ringCapacity: 64))
    try harness.start()
    harness.session.send(.setPrecision(laneA, .ampBF16))
    harness.session.send(.resume)
    harness.session.send(.setLearningRate(nil, 0.02))
    harness.drain(until: "a scale grew and a precision changed") { events in
      !events.precisionChanges.isEmpty
        && events.contains { if case .scale(let report) = $0.body { report.cause == .growth } else { false } }
    }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let (encoder, decoder) = (EventLineEncoder(), EventLineDecoder())
    for event in events {
      let back = try decoder.event(encoder.line(event))
      // The norm of gradients with an infinity is infinite, never NaN, so equality holds.
      #expect(back == event)
    }
    #expect(events.contains { if case .scale(let report) = $0.body { report.cause == .backoff } else { false } })
  }

  @Test("Batches that end, end the session")
  func batchesEnd() throws {
    var source = ComputedBatches()
    source.attemptLimit = 7
    let harness = try SessionHarness(
      Trainer.Configuration(
        model: .small("mlp", sampleShape: source.input.shape), batches: source, optimizer: .sgd(learningRate: 0.05)),
      [.fp32, .ampBF16], options: Session.Options(schedule: .alternating))
    let events = try harness.runToEnd()
    #expect(events.steps(of: laneA).count == 7 && events.steps(of: laneB).count == 7)
    #expect(events.evaluations.isEmpty && events.agreements.isEmpty)
    #expect(events.summaries.first?.lanes.allSatisfy { $0.state == .finished } == true)
  }

  @Test("A lossless session with a ring of four loses nothing")
  func lossless() throws {
    let harness = try SessionHarness(
      .small("mlp"), [.fp32, .fp32], backend: NullBackend(),
      options: Session.Options(steps: 100, schedule: .alternating, isLossless: true, ringCapacity: 4))
    let events = try harness.runToEnd()
    for lane in [laneA, laneB] {
      #expect(events.steps(of: lane).map(\.attempt) == Array(0..<100))
      #expect(events.states(of: lane) == [.compiling, .running, .finished])
      #expect(harness.session.droppedEvents(of: lane) == 0)
    }
  }

  @Test("A session that nobody drains drops what its rings cannot hold, and counts it")
  func lossy() throws {
    let harness = try SessionHarness(
      .small("mlp"), [.fp32, .fp32], backend: NullBackend(),
      options: Session.Options(steps: 50, schedule: .alternating, ringCapacity: 4))
    try harness.start()
    #expect(harness.session.waitUntilEnded(milliseconds: 30_000))
    let events = harness.drainToEnd()
    // Of each lane: two states, a memory report and a step in the ring; 49 steps are dropped, states never are.
    #expect(events.steps.count == 2)
    for lane in [laneA, laneB] {
      #expect(harness.session.droppedEvents(of: lane) == 49)
      #expect(events.states(of: lane).last == .finished)
    }
    #expect(harness.session.droppedEvents(of: laneC) == 0)
    #expect(events.summaries.count == 1)
  }

  @Test("A lane that fails ends as failed where it stood; the other goes on, and the session ends")
  func failure() throws {
    // The first lane that asks for batch 5 fails.
    let failures = Counter()
    let source = ComputedBatches { attempt, _ in
      if attempt == 5, failures.next() == 0 { throw DatasetError(.unreadable, "batch 5 is gone") }
    }
    let harness = try SessionHarness(
      Trainer.Configuration(
        model: .small("mlp", sampleShape: source.input.shape), batches: source, optimizer: .sgd(learningRate: 0.05)),
      [.fp32, .fp32], options: Session.Options(steps: 12, schedule: .alternating))
    let events = try harness.runToEnd()
    let failed = [laneA, laneB].filter { events.states(of: $0).last == .failed }
    let lane = try #require(failed.first)
    #expect(failed.count == 1)
    let other = lane == laneA ? laneB : laneA
    #expect(events.steps(of: lane).map(\.attempt) == Array(0..<5))
    #expect(events.steps(of: other).map(\.attempt) == Array(0..<12))
    #expect(events.states(of: other).last == .finished)
    #expect(events.stateReports(of: lane).last?.attempt == 5)
    #expect(events.errors.map(\.text) == ["batch 5 is gone"])
    #expect(events.errors.map(\.lane) == [lane])
    #expect(events.summaries.count == 1)
    #expect(events.summaries.first?.lanes.first { $0.lane == lane }?.state == .failed)
  }

  @Test("Weights that do not fit fail the lanes and end the session")
  func wrongWeights() throws {
    let harness = try SessionHarness(
      .small("mlp"), [.fp32, .ampBF16],
      options: Session.Options(
        steps: 5, schedule: .alternating, initialWeights: ReferenceFixtures.tensors("cnn.init.safetensors")))
    let events = try harness.runToEnd()
    #expect(events.errors.count == 2)
    #expect(events.errors.allSatisfy { $0.text.contains("is missing") })
    #expect(events.states(of: laneA).last == .failed && events.states(of: laneB).last == .failed)
  }

  @Test("A lane whose last loss is not finite is diverged; one that recovers is not", arguments: [false, true])
  func diverged(recovers: Bool) throws {
    let steps = 40
    let source = ComputedBatches { attempt, values in
      if attempt >= 3, !(recovers && attempt == steps - 1) { values[0] = .nan }
    }
    let harness = try SessionHarness(
      Trainer.Configuration(
        model: .small("mlp", sampleShape: source.input.shape), batches: source, optimizer: .sgd(learningRate: 0.05)),
      [.fp32], options: Session.Options(steps: steps))
    let events = try harness.runToEnd()
    let skips = steps - 3 - (recovers ? 1 : 0)
    #expect(events.steps.count { $0.skipReason == .nonFiniteLoss } == skips)
    #expect(events.states(of: laneA).last == (recovers ? .finished : .diverged))
    #expect(events.summaries.first?.lanes.first?.skipped == skips)
  }

  @Test("A lane is diverged when none of its last hundred attempts committed", arguments: [99, 100])
  func neverCommits(attempts: Int) throws {
    // Weight decay of 100 at a rate near the largest fp32 number makes weights infinite: the loss stays finite, nothing
    // is ever committed.
    let harness = try SessionHarness(
      .small("mlp", optimizer: .sgd(learningRate: 3e38, weightDecay: 100)), [.fp32],
      options: Session.Options(steps: attempts))
    let events = try harness.runToEnd()
    #expect(events.steps.count { $0.skipReason == .nonFiniteUpdate } == attempts)
    #expect(events.states(of: laneA).last == (attempts == 100 ? .diverged : .finished))
  }

  @Test("Lane A's weights are written at the end and load into a trainer")
  func savedWeights() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("weights.safetensors")
    let harness = try SessionHarness(
      .small(), [.fp32, .fp32], options: Session.Options(steps: 4, schedule: .alternating, saveWeightsTo: path))
    try harness.runToEnd()
    let trainer = try Trainer(.small(), precision: .fp32, backend: CPUBackend())
    _ = try trainer.losses(4)
    let direct = try trainer.state.bits
    try trainer.loadWeights(from: SafetensorsFile(path: path))
    let loaded = try trainer.state.bits
    #expect(loaded == direct)
  }

  @Test("A number of lanes out of range is refused", arguments: [0, 5])
  func laneCount(count: Int) {
    #expect(throws: TrainingError.self) {
      try SessionHarness(
        .small("mlp"), Array(repeating: .fp32, count: count), backend: NullBackend(),
        options: Session.Options(steps: 1))
    }
  }

  @Test("A ring without room is refused")
  func ringCapacity() {
    #expect(throws: TrainingError.self) {
      try SessionHarness(
        .small("mlp"), [.fp32], backend: NullBackend(), options: Session.Options(steps: 1, ringCapacity: 0))
    }
  }
}

/// Counts calls from any thread.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  /// How often it was called before.
  func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
}
