import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Replay and farewell")
struct ReplayKeysTests {
  private func driver() -> Driver {
    let driver = Driver(Fixture.running)
    driver.take(.replay(ReplayStatus(position: 30, duration: 60, speed: 2, isPaused: false)))
    return driver
  }

  @Test("In a recorded run keys ask the player, and what would change the training is refused")
  func keys() {
    let state = driver()
    #expect(state.press(.character(" ")) == [.replay(.togglePause)])
    #expect(state.press(.character("s")) == [.replay(.step)])
    #expect(state.press(.character(","), .character(".")) == [.replay(.move(-0.05)), .replay(.move(0.05))])
    #expect(
      state.press(.character("("), .character(")")) == [.replay(.changeSpeed(0.5)), .replay(.changeSpeed(2))])
    #expect(state.press(.character("p")).isEmpty && state.hint?.text.contains("recorded") == true)
    #expect(state.press(.character("q")) == [.quit(.asTheRunEnded)])
    let live = Driver(Fixture.running)
    #expect(live.press(.character(",")).isEmpty && live.hint?.text.contains("recorded run") == true)
  }

  @Test("The header shows where the recording stands")
  func header() {
    let state = driver()
    let text = render(state.state, theme: .standard, width: 100, height: 30, glyphs: .unicode).text
    #expect(text.contains("replay 00:30/01:00 ×2"))
    // The footer offers what can be done with a recording.
    let footer = render(state.state, theme: .standard, width: 160, height: 30, glyphs: .unicode).text.split(
      separator: "\n")
    #expect(footer.last?.contains(", back") == true && footer.last?.contains("p precision") == false)
    state.take(.replay(ReplayStatus(position: 30, duration: 60, speed: 2, isPaused: true)))
    #expect(render(state.state, theme: .standard, width: 100, height: 30, glyphs: .unicode).text.contains("HELD"))
  }

  @Test("Going back plays the run from its beginning: nothing of the later part is left")
  func rewind() {
    let state = driver()
    state.press(.character("x"))
    state.take(.rewind)
    for event in ScriptedRun(attempts: 40, switchAt: nil).events { state.take(.event(event)) }
    #expect(state.lanes.allSatisfy { $0.history.attempts.count == 40 && $0.skipped == 0 })
    #expect(state.log.lines.first?.text.hasPrefix("session:") == true)
    for (width, height) in [(80, 24), (30, 8), (200, 60)] {
      _ = render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode)
    }
  }

  @Test("What stays on the normal screen is a table of the lanes and the speedup")
  func farewell() {
    let lines = FarewellTable.lines(Fixture.complete)
    #expect(lines[0].hasPrefix("cnn on fashion-mnist, ") && lines.count == 5)
    #expect(lines[1].hasPrefix("lane  precision") && lines[2].contains("88.12 %") && lines[3].contains("amp-bf16"))
    #expect(lines[4].hasPrefix("B over A") && lines[4].contains("alternating"))
    #expect(Set(lines[1...3].map(\.columns)).count == 1)
    #expect(lines.allSatisfy { $0.columns <= 80 }, "no line of a usual terminal wraps")
    #expect(FarewellTable.lines(Fixture.starting).isEmpty)
  }
}
