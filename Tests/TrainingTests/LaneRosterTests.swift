import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Session: lanes that come and go")
struct LaneRosterTests {
  private func openEnded(
    _ precisions: [Precision], schedule: Schedule = .alternating, backend: any Backend = CPUBackend()
  ) throws -> SessionHarness {
    let harness = try SessionHarness(
      .small(dropout: 0.2), precisions, backend: backend,
      options: Session.Options(schedule: schedule, isLossless: true, ringCapacity: 64))
    try harness.start()
    harness.drain(until: "lane A trains") { $0.steps(of: laneA).count >= 4 }
    return harness
  }

  private func added(_ events: [TrainingEvent]) -> [LaneAddedReport] {
    events.compactMap { if case .added(let report) = $0.body { report } else { nil } }
  }

  @Test("A clone in the same precision draws its source's curve bit for bit from where it joined", arguments: [1, 2])
  func twin(lanes: Int) throws {
    let harness = try openEnded(Array(repeating: .ampBF16, count: lanes))
    harness.session.send(.addLane(PrecisionPolicy(.ampBF16), clone: laneA))
    let clone = LaneID(lanes)
    harness.drain(until: "the clone trains") { $0.steps(of: clone).count >= 12 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let report = try #require(added(events).first)
    #expect(report.description.lane == clone && report.source == laneA && report.attempt > 0)
    let own = events.steps(of: clone)
    #expect(own.first?.attempt == report.attempt)
    let source = events.steps(of: laneA).filter { $0.attempt >= report.attempt }
    #expect(
      zip(own, source).allSatisfy { $0.attempt == $1.attempt && $0.loss == $1.loss && $0.gradNorm == $1.gradNorm })
    // One after the other, so that their steps are pairs: no lane is ever a round ahead.
    let order = events.lanesByTime.suffix(6 * (lanes + 1))
    #expect(Set(order).count == lanes + 1)
    #expect(abs(order.count { $0 == clone } - order.count { $0 == laneA }) <= 1)
    #expect(events.states(of: clone).last == .finished)
    #expect(events.summaries.first?.lanes.map(\.lane) == (0...lanes).map { LaneID($0) })
    #expect(events.summaries.first?.lanes.allSatisfy { $0.state == .finished } == true)
  }

  @Test("A clone in another precision goes on from the same weights, and is timed against the baseline")
  func otherPrecision() throws {
    let harness = try openEnded([.fp32])
    harness.session.send(.addLane(PrecisionPolicy(.ampFP16), clone: laneA))
    harness.drain(until: "the clone is timed") { $0.steps(of: laneB).count >= 60 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let report = try #require(added(events).first)
    let first = try #require(events.steps(of: laneB).first)
    let twin = try #require(events.steps(of: laneA).first { $0.attempt == report.attempt })
    #expect(abs(first.loss - twin.loss) < 0x1p-6 * twin.loss)
    #expect(report.description.scaler != nil && first.scale != nil)
    let speedup = try #require(events.summaries.first?.speedup.first)
    #expect(speedup.lane == laneB && speedup.count >= 30)
  }

  @Test("An added lane starts from the first weights: its first steps are the session's first steps")
  func fresh() throws {
    let harness = try openEnded([.fp32])
    harness.session.send(.addLane(PrecisionPolicy(.fp32), clone: nil))
    harness.drain(until: "the new lane trains") { $0.steps(of: laneB).count >= 4 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(added(events).map(\.attempt) == [0] && added(events).first?.source == nil)
    #expect(
      zip(events.steps(of: laneB), events.steps(of: laneA)).allSatisfy {
        $0.attempt == $1.attempt && $0.loss == $1.loss
      })
  }

  @Test("A dropped lane makes room for another under its letter, and the rest goes on")
  func drop() throws {
    let harness = try openEnded([.fp32, .ampBF16])
    harness.session.send(.dropLane(laneB))
    harness.drain(until: "lane B is gone") { $0.states(of: laneB).last == .dropped }
    let before = harness.events.steps(of: laneA).count
    harness.drain(until: "lane A goes on alone") { $0.steps(of: laneA).count > before + 5 }
    harness.session.send(.addLane(PrecisionPolicy(.bf16), clone: laneA))
    harness.drain(until: "another lane B trains") { added($0).count == 1 && $0.states(of: laneB).last == .running }
    harness.drain(until: "both train") { events in
      (events.steps(of: laneB).last?.attempt ?? 0) > (added(events).first?.attempt ?? 0) + 3
    }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let lanes = try #require(events.summaries.first?.lanes)
    #expect(lanes.map(\.precision) == [.fp32, .bf16])
    #expect(lanes.map(\.state) == [.finished, .finished])
    #expect(events.evaluations.isEmpty && events.errors.isEmpty)
  }

  @Test("What cannot be done is refused")
  func refusals() throws {
    let harness = try openEnded([.fp32, .fp32, .fp32, .fp32], backend: NullBackend())
    let commands: [(TrainingCommand, String)] = [
      (.addLane(PrecisionPolicy(.fp32), clone: laneA), "at most 4 lanes"),
      (.addLane(PrecisionPolicy(.tf32), clone: laneA), "needs NVIDIA tensor cores"),
      (.addLane(PrecisionPolicy(.fp32), clone: LaneID(7)), "no lane H"),
      (.dropLane(laneA), "is the baseline"), (.dropLane(LaneID(6)), "no lane G"),
      (.setBatch(nil, 0), "found 0"), (.setBatch(laneB, 1_000_000), "expected 1 to"),
      (.setClipping(laneB, norm: -1), "positive norm"),
    ]
    for (command, _) in commands { harness.session.send(command) }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    for (report, (command, text)) in zip(events.commands, commands) {
      #expect(report.command == command && report.refusal?.contains(text) == true, "\(report.refusal ?? "carried out")")
    }
    #expect(added(events).isEmpty)
  }

  @Test("Batch and clipping of one lane change at a step boundary, are events, and void its speedup")
  func settings() throws {
    let harness = try openEnded([.fp32, .fp32])
    harness.session.send(.setBatch(laneB, 16))
    harness.session.send(.setClipping(laneB, norm: 0.25))
    func changed(_ events: [TrainingEvent]) -> [LaneSettingsReport] {
      events.compactMap { if case .settings(let report) = $0.body { report } else { nil } }
    }
    harness.drain(until: "both are in force") {
      changed($0).last?.clipNorm == 0.25 && changed($0).last?.batchSize == 16
    }
    let attempt = try #require(changed(harness.events).last?.attempt)
    harness.drain(until: "lane B trains on") { ($0.steps(of: laneB).last?.attempt ?? 0) > attempt + 60 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.steps(of: laneB).filter { $0.attempt > attempt }.allSatisfy { $0.samples == 16 })
    #expect(events.steps(of: laneA).allSatisfy { $0.samples == 8 })
    #expect(events.precisionChanges.isEmpty)
    // Never a ratio of step times across different batches.
    #expect(events.summaries.first?.speedup.isEmpty == true)
  }

  @Test("Under concurrent a lane too many makes the session alternate, with the reason")
  func schedule() throws {
    let processors = ProcessorSet.allowed.count
    let lanes = min(3, processors)
    let harness = try openEnded(Array(repeating: .fp32, count: lanes), schedule: .concurrent)
    harness.session.send(.addLane(PrecisionPolicy(.ampBF16), clone: laneA))
    harness.drain(until: "the new lane trains") { $0.steps(of: LaneID(lanes)).count >= 4 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    if lanes == processors {
      #expect(events.scheduleChanges.last?.schedule == .alternating)
      #expect(events.scheduleChanges.last?.reason?.contains("concurrent needs") == true)
    }
    #expect(events.errors.isEmpty)
  }
}
