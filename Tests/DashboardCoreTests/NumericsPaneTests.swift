import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Numerics pane")
struct NumericsPaneTests {
  private let b = LaneID(1)

  private func lab(_ width: Int = 120, _ height: Int = 40, _ state: DashboardState = Fixture.lab) -> Driver {
    let driver = Driver(state)
    driver.take(.resize(width: width, height: height))
    _ = driver.state.set(.panes, to: "numerics")
    return driver
  }

  private func text(_ state: Driver) -> String {
    render(state.state, theme: .standard, width: state.width, height: state.height, glyphs: .unicode).text
  }

  @Test("The numerics lab as recorded, at three sizes", arguments: [(80, 24), (120, 40), (200, 60)])
  func recorded(size: (Int, Int)) throws {
    let state = lab(size.0, size.1)
    try Snapshot.check(
      render(state.state, theme: .standard, width: size.0, height: size.1, glyphs: .unicode),
      "numerics-\(size.0)x\(size.1)")
  }

  @Test("A what-if and the heat map of losses, without colours, as recorded")
  func recordedViews() throws {
    let state = lab(80, 24)
    state.press(.character("k"), .character("k"), .character("f"))
    for _ in 0..<14 { state.press(.character("W")) }
    try Snapshot.check(
      render(state.state, theme: .standard, width: 80, height: 24, glyphs: .unicode), "numerics-what-if-80x24")
    state.press(.character("H"), .character("H"))
    try Snapshot.check(
      render(state.state, theme: .monochrome, width: 80, height: 24, glyphs: .ascii),
      "numerics-losses-80x24-monochrome-ascii")
  }

  @Test("It is drawn at every size, in every view, with and without reports")
  func allSizes() {
    for state in [lab(), lab(120, 40, Fixture.running), lab(120, 40, DashboardState())] {
      for view in NumericsView.allCases {
        state.state.numericsView = view
        for height in stride(from: 1, through: 40, by: view == .histogram ? 1 : 3) {
          for width in stride(from: 1 + height % 11, through: 220, by: 11) {
            let grid = render(state.state, theme: .standard, width: width, height: height, glyphs: .ascii)
            #expect(grid.cells.allSatisfy { $0.character.value >= 0x20 && $0.character.value < 0x7F })
          }
        }
      }
    }
  }

  @Test(
    "In its preset it takes most of the screen, and panes do not overlap", arguments: [(80, 24), (120, 40), (200, 60)])
  func takesTheScreen(size: (Int, Int)) {
    let state = lab(size.0, size.1)
    let layout = Layout(state: state.state, width: size.0, height: size.1)
    let areas = layout.panes.mapValues { $0.width * $0.height }
    let all = size.0 * (size.1 - layout.header.height - 1)
    #expect(Double(areas[.numerics] ?? 0) >= 0.6 * Double(all) && areas.values.reduce(0, +) == all)
    #expect(state.focus == .pane(.numerics))
  }

  @Test("With all panes shown nothing overlaps at any size")
  func noOverlap() {
    let state = lab()
    for preset in ["all", "numerics"] {
      _ = state.state.set(.panes, to: preset)
      for height in 10...70 {
        for width in stride(from: 40, through: 210, by: 5) {
          let rects = Array(Layout(state: state.state, width: width, height: height).panes.values)
          for (index, rect) in rects.enumerated() {
            #expect(rect.right <= width && rect.bottom <= height - 1 && rect.height > 0 && rect.width > 0)
            #expect(rects[(index + 1)...].allSatisfy { rect.intersection($0).isEmpty })
          }
        }
      }
    }
  }

  @Test("Nonsense from a damaged file is drawn in every view")
  func hostile() {
    let state = lab()
    let wide = ExponentHistogram(lowest: -1200, counts: Array(repeating: 1 << 37, count: 2400))
    let empty = ExponentHistogram(lowest: 1200, counts: [])
    let values: [Double] = [.nan, .infinity, -1, 0, .leastNonzeroMagnitude, 1e308]
    let tensors = values.enumerated().map { index, value in
      TensorReport(
        name: index == 0 ? "" : String(repeating: "é\u{1B}", count: 80 * index), layer: "", kind: .weightGradient,
        format: NumericFormat.allCases[index % 3], count: index == 2 ? 0 : .max, sampled: index == 3 ? -9 : .max,
        largest: value, zeros: .max, infinities: .min, nans: index == 4 ? .max : 0,
        histogram: index % 2 == 0 ? wide : empty, updateSurvival: value)
    }
    for (attempt, scale) in [(Int.max - 1, Double.infinity), (Int.max, 1e-300)] {
      state.receive(
        .numerics(
          NumericsReport(
            lane: b, attempt: attempt, scale: scale, isDetailed: true, tensors: tensors, overhead: .nan)))
    }
    state.receive(.diagnosis(ScriptedNumerics.diagnosis(lane: 1, attempt: .max, scale: -.infinity)))
    for _ in tensors {
      for key in ["f", "w", "H"] {
        state.press(.character(Unicode.Scalar(key) ?? " "))
        for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
          let grid = render(state.state, theme: .standard, width: width, height: height, glyphs: .ascii)
          #expect(grid.cells.allSatisfy { $0.character.value >= 0x20 && $0.character.value < 0x7F })
        }
      }
      state.press(.down)
    }
    state.press(.enter, .character("n"))
    #expect(state.cursor == LaneHistory.largestAttempt)
    state.press(.escape, .left, .right, .shiftRight)
    #expect((0...LaneHistory.largestAttempt).contains(state.cursor ?? -1))
  }

  @Test("Without a report it says how to get one, and what was asked for")
  func absence() {
    let state = lab(120, 40, Fixture.running)
    #expect(text(state).contains("no tensor of lane B was looked at yet") && text(state).contains(":numerics 20"))
    #expect(state.press(.character("i")) == [.send(.setNumerics(every: 20))])
    #expect(text(state).contains("asked for: every 20 attempts") && text(state).contains("details every 20 attempts"))
    #expect(state.press(.character("i")) == [.send(.setNumerics(every: nil))])
    #expect(text(state).contains("details off"))
    state.take(.replay(ReplayStatus(position: 1, duration: 2, speed: 1, isPaused: false)))
    #expect(text(state).contains("this recording holds no numerics"))
  }

  @Test("A refused request is taken back; where details come unasked, i switches them off")
  func refusal() {
    let state = lab()
    #expect(state.state.hasDetails)
    #expect(state.press(.character("i")) == [.send(.setNumerics(every: nil))])
    state.receive(.command(CommandReport(command: .setNumerics(every: nil), refusal: "not now")))
    #expect(state.numericsRequest == nil && state.hint?.text == "not now")
    state.receive(.command(CommandReport(command: .setNumerics(every: 7))))
    #expect(state.numericsRequest == .every(7))
  }

  @Test("The line about the report says attempt, sample or all, and what counting costs")
  func status() {
    let sampled = text(lab(200, 60))
    #expect(sampled.contains("attempt 590") && sampled.contains("sampled 98.3 k of 1.31 M"))
    #expect(sampled.contains("counting 0.4 % of step time") && sampled.contains("details of 580"))
    let state = lab(120, 40, Fixture.state(ScriptedRun(attempts: 581, hasNumerics: true)))
    #expect(text(state).contains("all 1.31 M elements"))
  }

  @Test("Up and Down move through the tensors while it is focused, and through lanes elsewhere")
  func selection() {
    let state = lab()
    let order = state.lanes[1].numerics.order.map { state.lanes[1].numerics.rows[$0].key }
    state.press(.down, .down)
    #expect(state.selectedTensor == order[2] && state.focusedLane == b)
    state.press(.up)
    #expect(state.selectedTensor == order[1])
    state.press(.end, .down)
    #expect(state.selectedTensor == order.last)
    state.press(.pageUp, .home)
    #expect(state.selectedTensor == order[0])
    // The selection belongs to the tensor: a lane with another order keeps it.
    state.press(.down)
    state.state.focusedLane = LaneID(0)
    #expect(state.state.selectedRow?.key == order[1])
    state.state.focus = .lane
    state.press(.down)
    #expect(state.focusedLane == b && state.selectedTensor == order[1])
  }

  @Test("k shows one kind of tensor, and says so")
  func kinds() {
    let state = lab()
    state.press(.character("k"))
    let shown = state.state.shownTensors(of: state.lanes[1])
    #expect(shown.count == 6 && state.tensorKind == .activation && text(state).contains("act only"))
    for _ in 0..<4 { state.press(.character("k")) }
    #expect(state.tensorKind == nil && state.state.shownTensors(of: state.lanes[1]).count == 24)
  }

  @Test("The what-if moves the shares of the selected tensor and nothing of the training")
  func whatIf() {
    let state = lab(200, 60)
    #expect(text(state).contains("as stored fp16 ×2^16"))
    state.press(.character("f"))
    #expect(text(state).contains("what if fp16 ×2^16") && text(state).contains("inf 0.0 %"))
    for _ in 0..<6 { #expect(state.press(.character("w")).isEmpty) }
    let screen = text(state)
    #expect(state.whatIf.log2Scale == 22 && screen.contains("what if fp16 ×2^22"))
    #expect(!screen.contains("inf 0.0 %"))
    for _ in 0..<200 { state.press(.character("W")) }
    #expect(state.whatIf.log2Scale == WhatIf.scales.lowerBound && text(state).contains("zero 100 %"))
    state.press(.character("f"), .character("f"), .character("f"))
    #expect(state.whatIf == .asStored)
  }

  @Test("H goes through histogram and heat maps where one has room")
  func views() {
    let state = lab(80, 24)
    #expect(text(state).contains("2^-14") && !text(state).contains("amax in the format's window"))
    state.press(.character("H"))
    #expect(text(state).contains("amax in the format's window"))
    state.press(.character("H"))
    #expect(text(state).contains("subnormal or flushed"))
    state.press(.character("H"))
    #expect(text(state).contains("2^-14"))
  }

  @Test("Its keys do nothing while it is not focused but say where they work")
  func unfocused() {
    let state = Driver(Fixture.lab)
    for key in ["i", "d", "k", "H", "f", "w", "W"] {
      #expect(state.press(.character(Unicode.Scalar(key) ?? " ")).isEmpty)
      #expect(state.hint?.text.contains("8 shows it") == true)
    }
    #expect(state.whatIf == .asStored && state.tensorKind == nil)
    state.press(.character("8"))
    #expect(state.focus == .pane(.numerics))
    state.press(.left, .character("k"))
    #expect(state.tensorKind == nil && state.hint?.text.contains("focus the numerics pane") == true)
  }

  @Test("d keeps the selected layer in fp32, shows it as pending, and lets it go again")
  func keep() {
    let state = lab(200, 60)
    let kept = PrecisionOverrides(keepFP32: ["classifier"])
    #expect(state.press(.character("d")) == [.send(.setOverrides(b, kept))])
    #expect(state.lanes[1].pendingOverrides == kept && state.lanes[1].overrides.isEmpty)
    #expect(text(state).contains("→ fp32") && !text(state).contains("fp32 kept"))
    state.receive(.precision(change(kept)))
    #expect(state.lanes[1].pendingOverrides == nil && state.lanes[1].overrides == kept)
    #expect(text(state).contains("fp32 kept") && !text(state).contains("→ fp32"))
    #expect(state.log.lines.last?.text.contains("fp32: classifier from attempt 600") == true)
    #expect(state.press(.character("d")) == [.send(.setOverrides(b, PrecisionOverrides()))])
    state.receive(.command(CommandReport(command: .setOverrides(b, PrecisionOverrides()), refusal: "not now")))
    #expect(state.lanes[1].pendingOverrides == nil && state.lanes[1].overrides == kept)
  }

  @Test("d refuses where it means nothing: fp32 lanes, patterns, replays, no report")
  func keepRefused() {
    let state = lab()
    state.receive(.precision(change(PrecisionOverrides(keepFP32: ["class*"]))))
    #expect(state.press(.character("d")).isEmpty && state.hint?.text.contains(":unkeep class*") == true)
    state.state.focusedLane = LaneID(0)
    #expect(state.press(.character("d")).isEmpty && state.hint?.text.contains("everything is fp32 already") == true)
    state.state.focusedLane = b
    state.press(.down, .down, .down)
    state.take(.replay(ReplayStatus(position: 1, duration: 2, speed: 1, isPaused: false)))
    #expect(state.press(.character("d")).isEmpty && state.hint?.text.contains("recorded") == true)
    #expect(lab(120, 40, Fixture.running).press(.character("d")).isEmpty)
  }

  @Test("A click selects a line, the wheel moves the selection")
  func mouse() {
    let state = lab()
    let rect =
      Layout(state: state.state, width: 120, height: 40).panes[.numerics] ?? Rect(x: 0, y: 0, width: 0, height: 0)
    let order = state.lanes[1].numerics.order.map { state.lanes[1].numerics.rows[$0].key }
    state.take(.mouse(DashboardMouse(x: rect.x + 9, y: rect.y + 6, kind: .press(1))))
    #expect(state.selectedTensor == order[3])
    state.take(.mouse(DashboardMouse(x: rect.x + 9, y: rect.y + 6, kind: .wheelDown)))
    #expect(state.selectedTensor == order[6])
  }

  @Test("From its JSON lines a run gives the same screen")
  func replay() throws {
    let (encoder, decoder) = (EventLineEncoder(), EventLineDecoder())
    let run = ScriptedRun(attempts: 420, hasNumerics: true)
    let replayed = lab(120, 40, Fixture.state(try run.events.map { try decoder.event(encoder.line($0)) }))
    #expect(text(replayed) == text(lab(120, 40, Fixture.state(run))))
    #expect(text(replayed).contains("features.0 conv2d"))
  }

  private func change(_ overrides: PrecisionOverrides) -> PrecisionReport {
    PrecisionReport(
      lane: b, attempt: 600, from: .ampFP16, to: .ampFP16, compileMilliseconds: 3, lossy: false, scaler: .kept,
      overrides: overrides)
  }
}
