import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Session: commands")
struct SessionCommandTests {
  /// A session without an end that computes nothing.
  private func openEnded(_ precisions: [Precision] = [.fp32, .fp32], paused: Bool = false) throws -> SessionHarness {
    let harness = try SessionHarness(
      .small("mlp"), precisions, backend: NullBackend(),
      options: Session.Options(schedule: .alternating, isLossless: true, startsPaused: paused, ringCapacity: 64))
    try harness.start()
    return harness
  }

  private func isPaused(_ events: [TrainingEvent]) -> Bool {
    [laneA, laneB].allSatisfy { events.states(of: $0).last == .paused }
  }

  @Test("Pause holds all lanes, step makes one attempt in each, resume goes on")
  func pauseAndStep() throws {
    let harness = try openEnded()
    harness.drain(until: "both lanes stepped") { $0.steps(of: laneA).count > 2 && $0.steps(of: laneB).count > 2 }
    harness.session.send(.pause)
    harness.drain(until: "both lanes are paused", isPaused)
    let held = harness.events.steps.count
    for round in 1...3 {
      harness.session.send(.step)
      harness.drain(until: "each lane made a step") { $0.steps.count >= held + 2 * round }
    }
    let paused = harness.events
    #expect(paused.steps.count == held + 6)
    for lane in [laneA, laneB] {
      #expect(paused.steps.suffix(6).count { $0.lane == lane } == 3)
      #expect(Array(paused.states(of: lane).suffix(2)) == [.running, .paused])
    }
    harness.session.send(.resume)
    harness.drain(until: "both lanes go on") { events in
      [laneA, laneB].allSatisfy { events.steps(of: $0).count > paused.steps(of: $0).count + 3 }
    }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.commands.allSatisfy { $0.refusal == nil })
    for lane in [laneA, laneB] {
      let steps = events.steps(of: lane)
      #expect(steps.map(\.attempt) == Array(0..<steps.count))
      #expect(Array(events.states(of: lane).suffix(3)) == [.paused, .running, .finished])
    }
    // Pausing and resuming begin segments of their own.
    let segments = Set(events.steps.map(\.segment))
    #expect(segments == [0, 1, 2])
  }

  @Test("A session that starts paused makes no step before it is told to")
  func startsPaused() throws {
    let harness = try openEnded(paused: true)
    harness.drain(until: "both lanes are paused", isPaused)
    #expect(harness.events.steps.isEmpty)
    harness.session.send(.step)
    harness.drain(until: "each lane made a step") { $0.steps.count >= 2 }
    harness.session.send(.stop)
    #expect(harness.drainToEnd().steps.map(\.lane).sorted() == [laneA, laneB])
  }

  @Test("Commands that cannot be carried out say why")
  func refusals() throws {
    let harness = try openEnded(paused: true)
    let refused: [(TrainingCommand, String)] = [
      (.pause, "paused already"), (.setPrecision(laneC, .fp32), "no lane C"),
      (.setLearningRate(laneC, 0.1), "no lane C"), (.setLearningRate(nil, .nan), "finite"),
      (.setLearningRate(laneA, -1), "at least 0"), (.setSchedule(.alternating), "already"),
    ]
    for (command, _) in refused { harness.session.send(command) }
    harness.session.send(.resume)
    harness.session.send(.resume)
    harness.session.send(.step)
    harness.session.send(.stop)
    let commands = harness.drainToEnd().commands
    for (report, (command, reason)) in zip(commands, refused) {
      if case .setLearningRate(nil, _) = command {} else { #expect(report.command == command) }
      #expect(report.refusal?.contains(reason) == true, "\(command): \(report.refusal ?? "accepted")")
    }
    #expect(Array(commands.suffix(4).map { $0.refusal != nil }) == [false, true, true, false])
  }

  @Test("A learning rate applies to one lane or to all, from its next step on")
  func learningRate() throws {
    let harness = try openEnded()
    harness.session.send(.setLearningRate(laneB, 0.125))
    harness.drain(until: "lane B has the rate") { $0.steps(of: laneB).last?.learningRate == 0.125 }
    #expect(harness.events.steps(of: laneA).allSatisfy { $0.learningRate == 0.05 })
    harness.session.send(.setLearningRate(nil, 0.25))
    harness.drain(until: "both lanes have the rate") { events in
      [laneA, laneB].allSatisfy { events.steps(of: $0).last?.learningRate == 0.25 }
    }
  }

  @Test("Stop evaluates, abandon does not", arguments: [TrainingCommand.stop, .abandon])
  func ends(command: TrainingCommand) throws {
    let data = try SmallData.glyphs
    let harness = try SessionHarness(
      .small("mlp"), [.fp32, .fp32], backend: NullBackend(),
      options: Session.Options(schedule: .alternating, evaluation: data, isLossless: true, ringCapacity: 64))
    try harness.start()
    harness.drain(until: "both lanes stepped") { $0.steps(of: laneA).count > 2 && $0.steps(of: laneB).count > 2 }
    harness.session.send(command)
    let events = harness.drainToEnd()
    #expect(events.evaluations.count == (command == .stop ? 2 : 0))
    #expect(events.evaluations.allSatisfy { $0.isFinal && $0.count == 260 })
    #expect(events.agreements.count == (command == .stop ? 1 : 0))
    for lane in [laneA, laneB] { #expect(events.states(of: lane).last == .finished) }
  }

  @Test("A paused session can be stopped")
  func stopWhilePaused() throws {
    let harness = try openEnded(paused: true)
    harness.drain(until: "both lanes are paused", isPaused)
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.steps.isEmpty)
    #expect(events.states(of: laneA).last == .finished && events.states(of: laneB).last == .finished)
  }
}
