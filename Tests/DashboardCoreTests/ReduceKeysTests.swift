import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Keys")
struct ReduceKeysTests {
  private let b = LaneID(1)

  @Test("p goes from bf16 to fp16 to fp32 to bf16, without waiting for the lane")
  func precisionCycle() {
    let state = Driver(Fixture.paying)
    #expect(state.press(.character("p")) == [.send(.setPrecision(b, .ampFP16))])
    #expect(state.lanes[1].pendingPrecision == .ampFP16 && state.lanes[1].precision == .ampBF16)
    #expect(state.press(.character("p")) == [.send(.setPrecision(b, .fp32))])
    #expect(state.press(.character("p")) == [.send(.setPrecision(b, .ampBF16))])
    #expect(state.lanes[1].pendingPrecision == nil)
  }

  @Test("The event confirms the precision asked for")
  func precisionConfirmed() {
    let state = Driver(Fixture.paying)
    state.press(.character("p"))
    state.receive(
      .precision(
        PrecisionReport(
          lane: b, attempt: 601, from: .ampBF16, to: .ampFP16, compileMilliseconds: 3, lossy: false, scaler: .reset)))
    #expect(state.lanes[1].pendingPrecision == nil && state.lanes[1].precision == .ampFP16)
  }

  @Test("p acts on the focused lane and on modes of the device only")
  func precisionOfFocusedLane() {
    var session = ScriptedRun.session(schedule: .alternating, isSynthetic: false, steps: nil)
    session.precisions.removeAll { $0.precision == .ampBF16 }
    let state = Driver(DashboardState())
    state.receive(.session(session))
    state.press(.up)
    #expect(state.focusedLane == LaneID(0))
    #expect(state.press(.character("p")) == [.send(.setPrecision(LaneID(0), .ampFP16))])
  }

  @Test("P picks from a list")
  func precisionList() {
    let state = Driver(Fixture.paying)
    state.press(.character("P"))
    #expect(state.overlay == .precision(1))
    #expect(state.press(.down, .enter) == [.send(.setPrecision(b, .ampFP16))])
    #expect(state.overlay == nil)
    state.press(.character("P"), .escape)
    #expect(state.overlay == nil)
    #expect(state.press(.character("P"), .character("1")) == [.send(.setPrecision(b, .fp32))])
  }

  @Test("Space pauses and resumes, s steps while paused only")
  func pause() {
    let state = Driver(Fixture.paying)
    #expect(state.press(.character("s")).isEmpty && state.hint != nil)
    #expect(state.press(.character(" ")) == [.send(.pause)])
    for lane in 0...1 { state.receive(.lane(LaneStateReport(lane: LaneID(lane), attempt: 600, state: .paused))) }
    #expect(state.isPaused && !state.isPausePending)
    #expect(state.press(.character("s")) == [.send(.step)])
    #expect(state.press(.character(" ")) == [.send(.resume)])
  }

  @Test("a asks for the other schedule")
  func schedule() {
    let state = Driver(Fixture.paying)
    #expect(state.press(.character("a")) == [.send(.setSchedule(.concurrent))])
    #expect(state.press(.character("a")) == [.send(.setSchedule(.alternating))])
    state.receive(.schedule(ScheduleReport(schedule: .concurrent, segment: 3)))
    #expect(
      state.schedule == .concurrent && state.state.schedule(of: 2) == .alternating
        && state.state.schedule(of: 3) == .concurrent)
  }

  @Test("q asks while training: y and Enter leave, n, Esc and q stay, s stops and stays")
  func quit() {
    for key in [DashboardKey.character("y"), .enter] {
      let state = Driver(Fixture.paying)
      #expect(state.press(.character("q")).isEmpty && state.overlay == .quit)
      #expect(state.press(key) == [.send(.abandon), .quit(.asTheRunEnded)])
    }
    for key in [DashboardKey.character("n"), .escape, .character("q")] {
      let state = Driver(Fixture.paying)
      #expect(state.press(.character("q"), key).isEmpty && state.overlay == nil)
    }
    let state = Driver(Fixture.paying)
    #expect(state.press(.character("q"), .character("s")) == [.send(.stop)])
    #expect(state.overlay == nil)
  }

  @Test("Ctrl-C asks first, the second leaves at once with 130")
  func interrupt() {
    let state = Driver(Fixture.paying)
    #expect(state.press(.control("c")).isEmpty && state.overlay == .quit)
    #expect(state.press(.control("c")) == [.quit(.interrupted)])
    let help = Driver(Fixture.paying)
    #expect(help.press(.character("?"), .control("c"), .control("c")) == [.quit(.interrupted)])
  }

  @Test("Without a session, and after the end, q leaves without asking")
  func quitWithoutTraining() {
    let state = Driver(DashboardState())
    #expect(state.press(.character("q")) == [.quit(.asTheRunEnded)])
    let ended = Driver(Fixture.paying)
    ended.press(.character("q"))
    ended.take(.sessionEnded)
    #expect(ended.overlay == nil)
    #expect(ended.press(.control("c")) == [.quit(.asTheRunEnded)])
    #expect(ended.press(.character("p"), .character(" "), .character("a"), .character("s")).isEmpty)
  }

  @Test("Pasted text is no key press")
  func paste() {
    let state = Driver(Fixture.paying)
    #expect(state.press(.paste("qy")).isEmpty && state.overlay == nil)
  }

  @Test("Smoothing, log axis, window, theme")
  func charts() {
    let state = Driver(Fixture.paying)
    state.press(.character("]"))
    #expect(state.smoothing.weight == 0.95)
    for _ in 0..<20 { state.press(.character("[")) }
    #expect(state.smoothing.weight == 0)
    #expect(state.lanes[0].history.smoothedLoss[7] == state.lanes[0].history.loss.samples[7])
    state.press(.character("y"))
    #expect(state.hasLogAxis)
    state.press(.character("+"), .character("+"))
    #expect(state.window == .newest(150))
    state.press(.character("-"))
    #expect(state.window == .newest(300))
    state.press(.character("0"))
    #expect(state.window == .all)
    state.press(.character("t"))
    #expect(state.themeIndex == 1)
    state.press(.character("t"))
    #expect(state.themeIndex == 0)
  }

  @Test("T shows themes while moving through them; Enter keeps, Esc goes back")
  func themeList() {
    let state = Driver(Fixture.paying)
    state.press(.character("T"), .down)
    #expect(state.themeIndex == 1 && state.state.theme == .monochrome && state.overlay == .themes(before: 0))
    state.press(.escape)
    #expect(state.themeIndex == 0 && state.overlay == nil)
    state.press(.character("T"), .up, .enter)
    #expect(state.themeIndex == 1 && state.overlay == nil)
    state.press(.character("T"), .home, .pageDown, .pageUp, .end, .character("q"))
    #expect(state.themeIndex == 1 && state.overlay == nil)
  }

  @Test("A theme whose file was changed is shown anew, and said so")
  func themeChanged() {
    let state = Driver(Fixture.paying)
    state.take(.themeChanged(index: 0, theme: .monochrome))
    #expect(state.state.theme == .monochrome)
    state.take(.themeChanged(index: 9, theme: .standard))
    state.take(.notice("theme read again"))
    #expect(state.hint?.text == "theme read again" && state.log.lines.last?.text == "theme read again")
  }

  @Test("Tab goes through lanes and panes and back; the lane stays when a pane is focused")
  func focus() {
    let state = Driver(Fixture.paying)
    state.press(.tab)
    #expect(state.focus == .pane(.loss) && state.focusedLane == b)
    for _ in 0..<state.state.shownPanes.count { state.press(.tab) }
    #expect(state.focus == .lane && state.focusedLane == LaneID(0))
    state.press(.backTab)
    #expect(state.focus == .pane(.log))
  }

  @Test("z enlarges the focused pane and back; digits hide panes but never the last")
  func panes() {
    let state = Driver(Fixture.paying)
    state.press(.right, .right, .character("z"))
    #expect(state.zoomedPane == .lossScale)
    #expect(
      Layout(state: state.state, width: 120, height: 40).panes.keys.sorted { $0.rawValue < $1.rawValue } == [.lossScale]
    )
    state.press(.character("z"))
    #expect(state.zoomedPane == nil)
    for digit in 1...6 { state.press(.character(Unicode.Scalar(UInt8(48 + digit)))) }
    #expect(state.hiddenPanes.count == Pane.allCases.count - 1)
    let layout = Layout(state: state.state, width: 120, height: 40)
    #expect(layout.panes.count == 1)
  }

  @Test("Ctrl-L and Ctrl-Z ask for their effects, in dialogs too")
  func terminalEffects() {
    let state = Driver(Fixture.paying)
    #expect(state.press(.control("l")) == [.redraw] && state.press(.control("z")) == [.suspend])
    state.press(.character("q"))
    #expect(state.press(.control("l"), .control("z")) == [.redraw, .suspend] && state.overlay == .quit)
  }

  @Test("A click focuses, the wheel zooms charts and scrolls the log")
  func mouse() {
    let state = Driver(Fixture.running)
    state.take(.resize(width: 120, height: 40))
    let layout = Layout(state: state.state, width: 120, height: 40)
    state.take(.mouse(DashboardMouse(x: 5, y: layout.laneRows[0], kind: .press(1))))
    #expect(state.focus == .lane && state.focusedLane == LaneID(0))
    let memory = layout.panes[.memory] ?? Rect(x: 0, y: 0, width: 0, height: 0)
    state.take(.mouse(DashboardMouse(x: memory.x + 2, y: memory.y + 2, kind: .press(1))))
    #expect(state.focus == .pane(.memory))
    let log = layout.panes[.log] ?? Rect(x: 0, y: 0, width: 0, height: 0)
    state.take(.mouse(DashboardMouse(x: log.x + 2, y: log.y + 1, kind: .wheelUp)))
    #expect(state.logScroll == 3)
    let loss = layout.panes[.loss] ?? Rect(x: 0, y: 0, width: 0, height: 0)
    state.take(.mouse(DashboardMouse(x: loss.x + 2, y: loss.y + 1, kind: .wheelUp)))
    // The place under the pointer, at the left end, stays there.
    #expect(state.window == .all || state.window.stretch(total: 600).first < 10)
    #expect(state.window.stretch(total: 600).length < 600)
    state.take(.mouse(DashboardMouse(x: -5, y: 9999, kind: .press(1))))
  }

  @Test("A hint goes away by itself")
  func hint() {
    let state = Driver(Fixture.paying)
    state.press(.character("s"))
    let shown = ScriptedRun.start + 100
    #expect(state.hint != nil)
    state.take(.tick(time: shown, cost: FrameCost()))
    #expect(state.hint == nil)
  }

  @Test("No key has two meanings, and the help names every binding")
  func keyTable() {
    let keys = KeyTable.bindings.flatMap(\.keys)
    #expect(Set(keys).count == keys.count)
    let state = Driver(Fixture.paying)
    state.press(.character("?"))
    let text = render(state.state, theme: .standard, width: 160, height: 50, glyphs: .unicode).text
    for binding in KeyTable.bindings {
      if case .togglePane = binding.command { continue }
      #expect(text.contains(binding.help), "\(binding.label) is not in the help")
    }
    #expect(text.contains("show or hide a pane"))
  }
}
