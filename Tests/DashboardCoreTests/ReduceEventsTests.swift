import Foundation
import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Events")
struct ReduceEventsTests {
  @Test("A run leaves the counts, precisions and figures that its events tell")
  func wholeRun() throws {
    let state = Fixture.running
    #expect(state.lanes.map(\.precision) == [.fp32, .ampFP16])
    #expect(state.lanes.map(\.skipped) == [1, 7])
    #expect(state.lanes.map { $0.history.attempts.count } == [600, 600])
    #expect(state.lanes[1].history.scaleChanges.filter { $0.cause == .growth }.count == 3)
    #expect(state.lanes[1].growthInterval == 100)
    #expect(state.lanes[0].history.nonFiniteLoss == [150])
    #expect(state.focusedLane == LaneID(1))
    guard case .measured(let estimate, false) = try #require(state.lanes[1].speedup).figure(under: .alternating) else {
      Issue.record("no speedup")
      return
    }
    #expect(estimate.lane == LaneID(1) && estimate.ratio > 0.85 && estimate.ratio < 0.95)
  }

  @Test("Replayed from its JSON lines a run gives the same screen")
  func replay() throws {
    let encoder = EventLineEncoder()
    let decoder = EventLineDecoder()
    let events = try ScriptedRun(attempts: 320).events.map { try decoder.event(encoder.line($0)) }
    let replayed = Fixture.state(events)
    let direct = Fixture.state(ScriptedRun(attempts: 320))
    #expect(
      render(replayed, theme: .standard, width: 120, height: 40, glyphs: .unicode)
        == render(direct, theme: .standard, width: 120, height: 40, glyphs: .unicode))
  }

  @Test("The speedup is forgotten on a precision change of either lane, and collected anew")
  func precisionChangeVoidsSpeedup() {
    let state = Driver(Fixture.paying)
    guard case .measured? = state.lanes[1].speedup?.figure(under: .alternating) else {
      Issue.record("no speedup")
      return
    }
    state.receive(.precision(change(lane: LaneID(0), from: .fp32, to: .ampBF16)))
    #expect(state.lanes[1].speedup?.figure(under: .alternating) == .collecting(0, of: 30))
    #expect(state.lanes[0].history.precisionChanges.count == 1)
  }

  @Test("A figure of the segment before is shown, and marked, until the new one has thirty pairs")
  func earlierSegment() {
    let state = Driver(Fixture.paying)
    for lane in 0...1 { state.receive(.step(step(lane, attempt: 600, segment: 9))) }
    guard case .measured(let estimate, isEarlier: true)? = state.lanes[1].speedup?.figure(under: .alternating) else {
      Issue.record("the earlier figure is gone")
      return
    }
    #expect(estimate.count == 589)
  }

  @Test("Before thirty pairs the screen says how many are missing")
  func collecting() {
    let state = Driver(Fixture.state(ScriptedRun(attempts: 22, switchAt: nil)))
    #expect(state.lanes[1].speedup?.figure(under: .alternating) == .collecting(12, of: 30))
    let text = render(state.state, theme: .standard, width: 120, height: 40, glyphs: .unicode).text
    #expect(text.contains("12 of 30 pairs"))
  }

  @Test("Events of unknown lanes, and before the session, change no lane")
  func unknownLanes() {
    let state = Driver(DashboardState())
    state.receive(.step(step(0, attempt: 0, segment: 0)))
    #expect(state.lanes.isEmpty)
    let running = Driver(Fixture.paying)
    running.receive(.step(step(7, attempt: 601, segment: 0)))
    running.receive(.lane(LaneStateReport(lane: LaneID(7), attempt: 0, state: .diverged)))
    #expect(running.lanes.count == 2 && running.lanes.allSatisfy { $0.history.attempts.count == 600 })
  }

  @Test("A new session starts afresh and keeps how the user looks at it")
  func newSession() {
    let state = Driver(Fixture.complete)
    state.press(.character("]"), .character("y"))
    state.receive(.session(ScriptedRun.session(schedule: .concurrent, isSynthetic: true, steps: nil)))
    #expect(state.lanes.allSatisfy { $0.history.attempts.isEmpty } && state.summary == nil && !state.isEnded)
    #expect(state.hasLogAxis && state.smoothing.weight == 0.95 && state.schedule == .concurrent)
  }

  @Test("The summary ends the run, opens itself and can be closed and opened again")
  func summary() {
    let state = Driver(Fixture.complete)
    #expect(state.isEnded && !state.isTraining && state.overlay == .summary)
    state.press(.enter)
    #expect(state.overlay == nil)
    state.press(.character("S"))
    #expect(state.overlay == .summary)
    #expect(state.press(.character("q")) == [.quit(.asTheRunEnded)])
  }

  @Test("The clock stops with the run")
  func clockStops() {
    let state = Driver(Fixture.complete)
    let elapsed = state.elapsed
    state.take(.tick(time: ScriptedRun.start + 99_999, cost: FrameCost()))
    #expect(state.elapsed == elapsed)
  }

  @Test("A replayed run shows its own clock, whenever it is replayed")
  func replayClock() {
    let state = Driver(DashboardState())
    let today = ScriptedRun.start + 5_000_000
    state.take(.tick(time: today, cost: FrameCost()))
    state.receive(.session(ScriptedRun.session(schedule: .concurrent, isSynthetic: true, steps: nil)), after: 0)
    state.receive(.note(Message(text: "later")), after: 90)
    state.take(.tick(time: today + 2, cost: FrameCost()))
    #expect(state.elapsed == 92)
    state.take(.sessionEnded)
    state.take(.tick(time: today + 60, cost: FrameCost()))
    #expect(state.elapsed == 92)
  }

  @Test("A refusal takes back what was pending and says why")
  func refusal() {
    let state = Driver(Fixture.paying)
    state.press(.character("p"), .character("a"))
    #expect(state.lanes[1].pendingPrecision == .ampFP16 && state.pendingSchedule == .concurrent)
    state.receive(.command(CommandReport(command: .setPrecision(LaneID(1), .ampFP16), refusal: "not on this device")))
    state.receive(.command(CommandReport(command: .setSchedule(.concurrent), refusal: "one processor only")))
    #expect(state.lanes[1].pendingPrecision == nil && state.pendingSchedule == nil)
    #expect(state.log.lines.last?.text == "schedule concurrent refused: one processor only")
    #expect(state.hint?.text == "one processor only")
  }

  @Test("A full ring is counted for its lane and logged once")
  func ringFull() {
    let state = Driver(Fixture.paying)
    let lines = state.log.lines.count
    state.take(.ringFull(lane: LaneID(0), count: 3))
    state.take(.ringFull(lane: LaneID(0), count: 4))
    state.take(.ringFull(lane: LaneID(0), count: Int.max))
    state.take(.ringFull(lane: LaneID(9), count: 1))
    #expect(state.lanes[0].ringFullCount == Int.max && state.log.lines.count == lines + 1)
  }

  @Test("A lane that skips every attempt does not fill the log")
  func skippingLane() {
    let state = Driver(Fixture.starting)
    for attempt in 0..<1000 {
      var report = step(0, attempt: attempt, segment: 0)
      report.committed = false
      report.skipReason = .nonFiniteGradient
      state.receive(.step(report))
    }
    let skips = state.log.lines.filter { $0.text.contains("skipped") }
    #expect(skips.count == 20 + 10)
    #expect(skips.last?.text.contains("1 000 so far") == true)
  }

  @Test("The log keeps its newest lines only")
  func logIsBounded() {
    let state = Driver(DashboardState())
    for index in 0..<1500 { state.receive(.note(Message(text: "\(index)"))) }
    #expect(state.log.lines.count == EventLog.capacity && state.log.lines.last?.text == "1499")
  }

  @Test("Hostile numbers are drawn without a trap")
  func hostileNumbers() {
    let state = Driver(Fixture.starting)
    for (index, value) in [Double.nan, .infinity, -.infinity, 1e30, -1e30, 1e308, -1e308, .leastNonzeroMagnitude, 0]
      .enumerated()
    {
      for lane in 0...1 {
        var report = step(lane, attempt: index * 1_000_000_000_000, segment: index)
        report.attempt = index == 9 ? Int.max : report.attempt
        report.loss = value
        report.scale = value
        report.stepsToGrowth = Int.max
        report.stepMilliseconds = value
        report.gradNorm = value
        report.learningRate = value
        report.phases = PhaseTimes(forward: value, backward: value, optimizer: value, cast: value, data: 1, idle: 0)
        state.receive(.step(report), after: value)
        state.receive(
          .scale(ScaleReport(lane: LaneID(lane), attempt: index, from: value, to: value, cause: .backoff)), after: value
        )
      }
      let bytes = MemoryBreakdown(parameters: Int.max, activations: Int.max, workspace: Int.min)
      state.receive(
        .memory(
          MemoryReport(
            lane: LaneID(index % 2), attempt: -1, precision: .fp32, bytes: bytes, peak: -1, unshared: 0, rss: Int.min)))
      state.receive(
        .evaluation(
          EvaluationReport(lane: LaneID(0), attempt: 0, loss: value, accuracy: value, count: -1, isFinal: true)))
      state.receive(
        .agreement(
          AgreementReport(
            baseline: LaneID(0), lane: LaneID(1), attempt: 0, difference: value, low: value, high: value, count: 0,
            mcNemarP: value, void: nil)))
    }
    for isLogarithmic in [false, true] {
      state.state.hasLogAxis = isLogarithmic
      for (width, height) in [(200, 60), (80, 24), (60, 20), (30, 8)] {
        _ = render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode)
      }
    }
  }

  private func change(lane: LaneID, from: Precision, to: Precision) -> PrecisionReport {
    PrecisionReport(
      lane: lane, attempt: 600, from: from, to: to, compileMilliseconds: 0, lossy: false, scaler: .off)
  }

  private func step(_ lane: Int, attempt: Int, segment: Int) -> StepReport {
    StepReport(
      lane: LaneID(lane), attempt: attempt, committedStep: attempt + 1, committed: true, skipReason: nil, loss: 1,
      scale: nil, stepsToGrowth: nil, stepMilliseconds: 10, phases: PhaseTimes(forward: 10), gradNorm: 1,
      learningRate: 0.1, samples: 1, segment: segment)
  }
}
