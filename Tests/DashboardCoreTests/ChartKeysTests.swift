import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Zoom, pan, cursor, events")
struct ChartKeysTests {
  private func driver(_ state: DashboardState = Fixture.running) -> Driver {
    let driver = Driver(state)
    driver.take(.resize(width: 120, height: 40))
    return driver
  }

  @Test("Zooming about a place leaves it where it was, and ends in all of the run or five steps of it")
  func zoom() {
    let window = ProgressWindow.all.zoomed(by: 0.5, about: 250, axis: (0, 1000), total: 1000, least: 5)
    #expect(window == .span(first: 125, length: 500))
    #expect(window.zoomed(by: 2, about: 300, axis: (125, 500), total: 1000, least: 5) == .all)
    var narrow = ProgressWindow.all
    for _ in 0..<40 {
      narrow = narrow.zoomed(by: 0.5, about: 1000, axis: narrow.stretch(total: 1000), total: 1000, least: 5)
    }
    #expect(narrow == .newest(5))
  }

  @Test("Panning leaves the newest end and comes back to it")
  func pan() {
    let state = driver()
    state.press(.character("h"))
    #expect(state.window == .all)
    state.press(.character("+"), .character("+"), .character("h"))
    #expect(state.window == .span(first: 412.5, length: 150))
    state.press(.character("h"), .character("h"), .character("h"), .character("h"))
    for _ in 0..<20 { state.press(.character("h")) }
    #expect(state.window == .span(first: 0, length: 150))
    for _ in 0..<30 { state.press(.character("l")) }
    #expect(state.window == .newest(150))
  }

  @Test("Changing the unit keeps what is shown, and coming round keeps the unit of steps")
  func units() {
    let state = driver()
    state.press(.character("+"), .character("X"))
    #expect(state.progressUnit == .samples && state.window.isAtNewest)
    // 300 attempts of 128 samples, from the first to the last in view.
    #expect(state.window == .newest(299 * 128))
    state.press(.character("X"), .character("X"), .character("X"))
    #expect(state.progressUnit == .steps && state.window.stretch(total: 600).length > 290)
  }

  @Test("The cursor begins at the newest attempt, moves by columns, tens and ends, and Esc puts it away")
  func cursor() {
    let state = driver()
    state.press(.character("x"))
    #expect(state.cursor == 599)
    state.press(.left)
    let step = 599 - (state.cursor ?? 0)
    #expect((1...20).contains(step))
    state.press(.shiftLeft)
    #expect(state.cursor == 599 - 11 * step)
    state.press(.home)
    #expect(state.cursor == 0)
    state.press(.left)
    #expect(state.cursor == 0)
    state.press(.end)
    #expect(state.cursor == 599)
    state.press(.escape)
    #expect(state.cursor == nil && state.zoomedPane == nil)
    let empty = driver(DashboardState())
    empty.press(.character("x"), .character("n"), .shiftLeft, .character("+"), .character("h"), .character("X"))
    #expect(empty.cursor == nil)
  }

  @Test("n and N go through skips and changes, and the window follows the cursor")
  func events() {
    let state = driver()
    state.press(.character("n"))
    // The first of the script is a loss that is not finite.
    #expect(state.cursor == 150)
    #expect(state.state.eventTexts(at: 150).map(\.text) == ["✕ loss not finite"])
    state.press(.character("n"))
    #expect(state.cursor == 280)
    #expect(state.state.eventTexts(at: 280).contains { $0.text == "→ amp-fp16" })
    state.press(.character("N"))
    #expect(state.cursor == 150)
    state.press(.character("N"))
    #expect(state.cursor == 150 && state.hint?.text == "no event before this one")
    state.press(.escape, .character("+"), .character("+"), .character("+"), .character("n"))
    let shown = state.window.stretch(total: 600)
    #expect(shown.first <= 150 && shown.first + shown.length > 150)
  }

  @Test("The cursor reads every chart at one attempt, with difference and ratio")
  func readout() {
    let state = driver(Fixture.paying)
    state.press(.character("x"), .home)
    let text = render(state.state, theme: .standard, width: 200, height: 60, glyphs: .unicode).text
    let (a, b) = (state.lanes[0].history, state.lanes[1].history)
    let ratio = Double(b.smoothedLoss[0] / a.smoothedLoss[0])
    #expect(text.contains("×\(Format.fixed(ratio, decimals: 3))"))
    let speed = Double(a.stepTime.samples[0]) / Double(b.stepTime.samples[0])
    #expect(text.contains("×\(Format.fixed(speed, decimals: 3))"))
  }

  @Test("A drag in a chart puts the cursor under the pointer; the wheel zooms about it")
  func mouse() {
    let state = driver()
    let rect = Layout(state: state.state, width: 120, height: 40).panes[.loss] ?? Rect(x: 0, y: 0, width: 0, height: 0)
    let x = rect.x + rect.width / 2
    state.take(.mouse(DashboardMouse(x: x, y: rect.y + 4, kind: .drag)))
    let attempt = state.cursor ?? 0
    #expect((200..<450).contains(attempt))
    for _ in 0..<6 { state.take(.mouse(DashboardMouse(x: x, y: rect.y + 4, kind: .wheelUp))) }
    let shown = state.window.stretch(total: 600)
    #expect(shown.length < 250 && shown.first < Double(attempt) && shown.first + shown.length > Double(attempt))
    // The attempt under the pointer is the same, but for the width of a cell.
    state.take(.mouse(DashboardMouse(x: x, y: rect.y + 4, kind: .drag)))
    #expect(abs((state.cursor ?? 0) - attempt) <= 12)
  }

  @Test("Every view is drawn with every unit at every size")
  func views() {
    let state = driver()
    for _ in LossView.allCases {
      state.press(.character("o"))
      for _ in ProgressUnit.allCases {
        state.press(.character("X"), .character("n"))
        for (width, height) in [(1, 1), (24, 8), (40, 10), (60, 20), (80, 24), (130, 50)] {
          let grid = render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode)
          #expect(grid.cells.count == width * height)
        }
      }
    }
  }
}
