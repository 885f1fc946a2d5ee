import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Session: precision")
struct SessionPrecisionTests {
  /// A session without an end on the CPU, started.
  private func openEnded(_ precisions: [Precision], paused: Bool = false) throws -> SessionHarness {
    let harness = try SessionHarness(
      .small(), precisions,
      options: Session.Options(schedule: .alternating, isLossless: true, startsPaused: paused, ringCapacity: 64))
    try harness.start()
    return harness
  }

  @Test("A lane changes precision while it trains, and loses no attempt")
  func toggle() throws {
    let harness = try openEnded([.fp32, .fp32])
    harness.drain(until: "lane B trains") { $0.steps(of: laneB).count >= 5 }
    harness.session.send(.setPrecision(laneB, .ampFP16))
    harness.drain(until: "lane B trains in the new precision") { events in
      events.precisionChanges.first.map { change in
        (events.steps(of: laneB).last?.attempt ?? 0) > change.attempt + 5
      } ?? false
    }
    harness.session.send(.stop)
    let events = harness.drainToEnd()

    let change = try #require(events.precisionChanges.first)
    #expect(events.precisionChanges.count == 1)
    #expect(change.lane == laneB && change.from == .fp32 && change.to == .ampFP16)
    #expect(change.scaler == .reset && !change.lossy && change.compileMilliseconds > 0)
    for lane in [laneA, laneB] {
      let steps = events.steps(of: lane)
      #expect(steps.map(\.attempt) == Array(0..<steps.count))
    }
    let (before, after) = (
      events.steps(of: laneB).filter { $0.attempt < change.attempt },
      events.steps(of: laneB).filter { $0.attempt >= change.attempt }
    )
    #expect(before.allSatisfy { $0.scale == nil })
    #expect(after.allSatisfy { $0.scale != nil })
    let (last, first) = (try #require(before.last), try #require(after.first))
    #expect(first.segment > last.segment)
    // Until the change both lanes are twins.
    #expect(zip(before, events.steps(of: laneA)).allSatisfy { $0.loss == $1.loss })
    #expect(events.summaries.first?.lanes.map(\.precision) == [.fp32, .ampFP16])
  }

  @Test("Of several wishes before a step boundary only the last counts")
  func lastWish() throws {
    let harness = try openEnded([.fp32], paused: true)
    harness.drain(until: "the lane is paused") { $0.states(of: laneA).last == .paused }
    harness.session.send(.setPrecision(laneA, .ampFP16))
    harness.session.send(.setPrecision(laneA, .ampBF16))
    harness.drain(until: "the precision changed to the last wish") { $0.precisionChanges.last?.to == .ampBF16 }
    harness.session.send(.resume)
    harness.drain(until: "the lane trains") { $0.steps.count > 5 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.precisionChanges.map(\.from) == [.fp32])
    #expect(events.summaries.first?.lanes.first?.precision == .ampBF16)
  }

  @Test("A wish taken back before its mode was compiled changes nothing")
  func takenBack() throws {
    let backend = GatedBackend()
    let harness = try SessionHarness(
      .small("mlp"), [.fp32, .fp32], backend: backend,
      options: Session.Options(
        schedule: .alternating, evaluation: SmallData.glyphs, isLossless: true, ringCapacity: 64))
    try harness.start()
    harness.drain(until: "both lanes train") { $0.steps(of: laneA).count > 1 && $0.steps(of: laneB).count > 1 }
    backend.close()
    harness.session.send(.setPrecision(laneB, .ampBF16))
    backend.waitForArrival()
    // Compiling holds at the gate; the lane trains on in the old mode. A ring holds 64 events: later steps were made
    // after the command.
    harness.session.send(.setPrecision(laneB, .fp32))
    let count = harness.events.steps(of: laneB).count
    harness.drain(until: "lane B read its mail and trains on") { $0.steps(of: laneB).count > count + 70 }
    backend.open()
    harness.drain(until: "lane B trains on") { $0.steps(of: laneB).count > count + 140 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.precisionChanges.isEmpty)
    #expect(events.agreements.map(\.void) == [nil])
    #expect(events.summaries.first?.lanes.map(\.precision) == [.fp32, .fp32])
  }

  @Test("A mode that cannot be compiled is an error in the log, and the old one goes on")
  func compilationFails() throws {
    let backend = GatedBackend()
    let harness = try SessionHarness(
      .small("mlp"), [.fp32], backend: backend, options: Session.Options(isLossless: true, ringCapacity: 64))
    try harness.start()
    harness.drain(until: "the lane trains") { $0.steps.count > 1 }
    backend.failFromNowOn()
    harness.session.send(.setPrecision(laneA, .ampFP16))
    harness.drain(until: "the error arrives") { !$0.errors.isEmpty }
    let count = harness.events.steps.count
    harness.drain(until: "the lane goes on") { $0.steps.count > count + 5 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.errors.first?.text.contains("amp-fp16 could not be compiled, fp32 goes on") == true)
    #expect(events.precisionChanges.isEmpty)
    #expect(events.states(of: laneA).last == .finished)
  }

  @Test("A precision change makes the comparison of accuracies void, and says so")
  func voidAgreement() throws {
    let harness = try SessionHarness(
      .small("mlp"), [.fp32, .fp32],
      options: Session.Options(
        schedule: .alternating, evaluation: SmallData.glyphs, isLossless: true, ringCapacity: 64))
    try harness.start()
    harness.session.send(.setPrecision(laneB, .ampBF16))
    harness.drain(until: "the precision changed") { !$0.precisionChanges.isEmpty }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.agreements.first?.void?.hasPrefix("lane B changed precision") == true)
  }
}
