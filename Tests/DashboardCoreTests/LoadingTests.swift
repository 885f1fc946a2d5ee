import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Before the first step: loading, compiling, warming up")
struct LoadingTests {
  private func loading() -> Driver {
    let state = Driver(DashboardState())
    state.take(.loading(LoadingStage(text: "loading fashion-mnist", start: ScriptedRun.start - 5)))
    state.take(.tick(time: ScriptedRun.start, cost: FrameCost()))
    return state
  }

  private func text(_ state: DashboardState, _ width: Int = 80, _ height: Int = 24) -> String {
    render(state, theme: .standard, width: width, height: height, glyphs: .unicode).text
  }

  @Test("What is loaded, and for how long, is on the first frame at every size")
  func stage() throws {
    let state = loading().state
    for (width, height) in [(200, 60), (80, 24), (60, 20), (40, 5)] {
      #expect(text(state, width, height).contains("loading fashion-mnist, 00:05"), "\(width)×\(height)")
    }
    try Snapshot.check(render(state, theme: .standard, width: 80, height: 24, glyphs: .unicode), "loading-80x24")
  }

  @Test("How much of a stage is done stands beside it, and never outside 0 to 100 %")
  func share() {
    let state = loading()
    for (share, shown) in [(0.404, "40 %"), (2, "100 %"), (-1, "0 %")] {
      state.take(.loading(LoadingStage(text: "reading run.jsonl", start: ScriptedRun.start - 7, share: share)))
      #expect(text(state.state).contains("reading run.jsonl, \(shown), 00:07"))
    }
  }

  @Test("The session takes the place of the stage, and a late stage does not come back")
  func sessionCame() {
    let state = loading()
    state.receive(.session(ScriptedRun.session(schedule: .alternating, isSynthetic: false, steps: nil)), after: 0)
    state.take(.loading(LoadingStage(text: "loading again", start: 0)))
    #expect(state.loading == nil && !text(state.state).contains("loading"))
  }

  @Test("Lanes that compile are named, with how many are done")
  func compiling() {
    let state = loading()
    state.receive(.session(ScriptedRun.session(schedule: .alternating, isSynthetic: false, steps: nil)), after: 0)
    #expect(text(state.state).contains("compiling lanes A B, 00:00"))
    state.receive(.lane(LaneStateReport(lane: LaneID(0), attempt: 0, state: .running)), after: 2)
    #expect(text(state.state).contains("compiling lane B, 1 of 2 done, 00:02"))
    state.receive(.lane(LaneStateReport(lane: LaneID(1), attempt: 0, state: .running)), after: 3)
    #expect(text(state.state).contains("waiting for the first step, 00:03"))
  }

  @Test("The steps of the warm-up are counted in the lane's line, and after them it runs")
  func warmUp() {
    for (attempts, word) in [(0, "warm 0/10"), (4, "warm 4/10"), (9, "warm 9/10"), (10, "running")] {
      let state = Fixture.state(ScriptedRun(attempts: attempts, switchAt: nil))
      #expect(text(state).contains(word), "\(attempts)")
    }
  }

  @Test("While loading, q leaves with the run's code and Ctrl-C with 130, both without a question")
  func leaving() {
    #expect(loading().press(.character("q")) == [.quit(.asTheRunEnded)])
    #expect(loading().press(.control("c")) == [.quit(.interrupted)])
    let inMenu = loading()
    inMenu.press(.character("O"))
    #expect(inMenu.press(.control("c")) == [.quit(.interrupted)])
    #expect(loading().press(.character("p")).isEmpty)
  }
}
