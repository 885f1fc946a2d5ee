import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Session: schedules")
struct SessionScheduleTests {
  @Test("Two fp32 lanes draw the same curve, bit for bit", arguments: Schedule.allCases)
  func twins(schedule: Schedule) throws {
    let harness = try SessionHarness(
      .small(), [.fp32, .fp32], options: Session.Options(steps: 30, schedule: schedule))
    let events = try harness.runToEnd()
    #expect(events.steps(of: laneA).count == 30)
    #expect(events.steps(of: laneA).map(\.loss) == events.steps(of: laneB).map(\.loss))
    #expect(events.steps(of: laneA).map(\.gradNorm) == events.steps(of: laneB).map(\.gradNorm))
  }

  @Test("Lanes of different precision learn from the same batches beside each other")
  func mixed() throws {
    let harness = try SessionHarness(
      .small(), [.fp32, .ampFP16, .ampBF16], options: Session.Options(steps: 12, schedule: .alternating))
    let events = try harness.runToEnd()
    let first = [laneA, laneB, laneC].compactMap { events.steps(of: $0).first?.loss }
    // The first loss differs by no more than 16-bit roundings of the logits, about 2^-8.
    #expect(first.count == 3 && first.allSatisfy { abs($0 - first[0]) < 0x1p-6 * first[0] })
    #expect(Set(first).count > 1)
  }

  @Test("Alternating lanes step in the order A B B A, three in the order A B C C B A", arguments: [2, 3])
  func order(lanes: Int) throws {
    let harness = try SessionHarness(
      .small("mlp"), Array(repeating: .fp32, count: lanes), backend: NullBackend(),
      options: Session.Options(steps: 20, schedule: .alternating))
    let events = try harness.runToEnd()
    let forth = (0..<lanes).map { LaneID($0) }
    let expected = (0..<20).flatMap { $0.isMultiple(of: 2) ? forth : forth.reversed() }
    #expect(events.lanesByTime == expected)
    #expect((0..<lanes).allSatisfy { events.steps(of: LaneID($0)).map(\.attempt) == Array(0..<20) })
  }

  @Test("Concurrent without a processor for every thread is refused with the reason")
  func concurrentRefused() throws {
    var configuration = try Trainer.Configuration.small("mlp")
    configuration.threads = ProcessorSet.allowed.count
    let harness = try SessionHarness(
      configuration, [.fp32, .fp32], backend: NullBackend(),
      options: Session.Options(steps: 3, schedule: .concurrent, startsPaused: true))
    #expect(harness.session.description.schedule == .alternating)
    try harness.start()
    harness.session.send(.setSchedule(.concurrent))
    harness.session.send(.resume)
    let events = harness.drainToEnd()
    let reason = try #require(events.scheduleChanges.first?.reason)
    #expect(reason.contains("2 lanes x \(configuration.threads) threads"))
    #expect(events.scheduleChanges.count == 1)
    let refused = try #require(events.commands.first { $0.command == .setSchedule(.concurrent) })
    #expect(refused.refusal == reason)
  }

  @Test("A single lane may be concurrent on any number of threads")
  func singleLane() throws {
    var configuration = try Trainer.Configuration.small("mlp")
    configuration.threads = ProcessorSet.allowed.count + 1
    let harness = try SessionHarness(
      configuration, [.fp32], backend: NullBackend(), options: Session.Options(steps: 2, schedule: .concurrent))
    #expect(harness.session.description.schedule == .concurrent)
    #expect(try harness.runToEnd().scheduleChanges.isEmpty)
  }

  @Test("A change of schedule begins a segment that later steps carry")
  func changeOfSchedule() throws {
    // Two concurrent lanes need two processors; a single lane may change too.
    let lanes = (0..<min(2, ProcessorSet.allowed.count)).map { LaneID($0) }
    let harness = try SessionHarness(
      .small("mlp"), lanes.map { _ in .fp32 }, backend: NullBackend(),
      options: Session.Options(schedule: .alternating, isLossless: true, ringCapacity: 64))
    try harness.start()
    harness.drain(until: "all lanes stepped") { events in lanes.allSatisfy { events.steps(of: $0).count > 4 } }
    harness.session.send(.setSchedule(.alternating))
    harness.session.send(.setSchedule(.concurrent))
    harness.drain(until: "steps carry the new segment") { events in
      events.scheduleChanges.last.map { change in
        lanes.allSatisfy { events.steps(of: $0).last?.segment == change.segment }
      } ?? false
    }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.scheduleChanges.map(\.schedule) == [.concurrent])
    #expect(events.scheduleChanges.allSatisfy { $0.segment > 0 && $0.reason == nil })
    #expect(events.commands.first?.refusal == "the schedule is alternating already")
    #expect(events.commands.dropFirst().first?.refusal == nil)
    for lane in lanes {
      #expect(events.steps(of: lane).map(\.attempt) == Array(0..<events.steps(of: lane).count))
    }
  }
}
