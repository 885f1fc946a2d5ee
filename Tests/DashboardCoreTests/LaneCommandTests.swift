import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Lanes that come and go")
struct LaneCommandTests {
  private let a = LaneID(0)
  private let b = LaneID(1)
  private let c = LaneID(2)

  @discardableResult
  private func type(_ text: String, into state: Driver) -> [DashboardEffect] {
    let keys = text.unicodeScalars.map { DashboardKey.character($0) }
    return ([.character(":")] + keys + [.enter]).flatMap { state.take(.key($0)) }
  }

  @Test("Commands add, clone and drop lanes, and change their batch and clipping")
  func commands() {
    let state = Driver(Fixture.lab)
    #expect(type("add amp-bf16", into: state) == [.send(.addLane(PrecisionPolicy(.ampBF16), clone: nil))])
    #expect(type("clone", into: state) == [.send(.addLane(PrecisionPolicy(.ampFP16), clone: b))])
    #expect(type("clone fp32 a", into: state) == [.send(.addLane(PrecisionPolicy(.fp32), clone: a))])
    #expect(type("drop", into: state) == [.send(.dropLane(b))])
    #expect(type("batch 64", into: state) == [.send(.setBatch(nil, 64))])
    #expect(type("batch 64 B", into: state) == [.send(.setBatch(b, 64))])
    #expect(type("clip 0.5", into: state) == [.send(.setClipping(b, norm: 0.5))])
    #expect(type("clip off A", into: state) == [.send(.setClipping(a, norm: nil))])
    #expect(type("scaler static:128", into: state) == [.send(.setScaler(b, "static:128"))])
  }

  @Test(
    "Mistakes say what is wanted",
    arguments: [
      ("add", "add wants PRECISION"), ("add amp", "no precision"), ("clone fp32 z", "there is no lane z"),
      ("drop z", "there is no lane z"), ("batch many", "batch wants a number"), ("clip -1", "clip wants a norm"),
    ])
  func mistakes(line: String, hint: String) {
    let state = Driver(Fixture.lab)
    #expect(type(line, into: state).isEmpty)
    #expect(state.hint?.text.contains(hint) == true, "\(state.hint?.text ?? "no hint")")
  }

  @Test("A lane that joins is drawn from its first attempt and focused; one that is dropped is gone")
  func roster() {
    let state = Driver(Fixture.lab)
    let description = LaneDescription(
      lane: c, precision: .o2, scaler: nil, overrides: PrecisionOverrides(keepFP32: ["head"]))
    state.receive(.added(LaneAddedReport(description: description, attempt: 500, source: b)))
    #expect(state.lanes.map(\.lane) == [a, b, c] && state.state.focusedLane == c)
    #expect(state.lanes[2].overrides.keepFP32 == ["head"])
    for attempt in 500..<540 {
      state.receive(
        .step(
          StepReport(
            lane: c, attempt: attempt, committedStep: attempt, committed: true, skipReason: nil, loss: 1, scale: nil,
            stepsToGrowth: nil, stepMilliseconds: 10, phases: PhaseTimes(forward: 10), gradNorm: 1, learningRate: 0.1,
            samples: 128, segment: 9)))
    }
    #expect(state.lanes[2].history.attempts.first == 500)
    for (width, height) in [(80, 24), (120, 40), (200, 60), (20, 5)] {
      _ = render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode)
    }
    state.receive(.lane(LaneStateReport(lane: c, attempt: 540, state: .dropped)))
    #expect(state.lanes.map(\.lane) == [a, b] && state.state.focusedLane == b)
    _ = render(state.state, theme: .standard, width: 120, height: 40, glyphs: .unicode)
    // The letter is free for another.
    state.receive(
      .added(
        LaneAddedReport(
          description: LaneDescription(lane: c, precision: .fp32, scaler: nil), attempt: 0, source: nil)))
    #expect(state.lanes[2].history.attempts.isEmpty && state.lanes[2].precision == .fp32)
  }

  @Test("Another batch voids the speedup of the lane, and is said")
  func settings() {
    let state = Driver(Fixture.lab)
    state.receive(.settings(LaneSettingsReport(lane: b, attempt: 700, batchSize: 64, clipNorm: 0.5)))
    #expect(state.lanes[1].batchSize == 64 && state.lanes[1].agreement == nil)
    #expect(state.state.log.lines.last?.text.contains("batch 64, clipped to norm 0.5 from attempt 700") == true)
  }
}
