import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("A renderer that goes on from frame to frame")
struct RendererTests {
  private static let sizes = [(180, 50), (120, 40), (80, 24), (60, 16)]

  /// Draws with the renderer and without.
  private func check(
    _ renderer: Renderer, _ state: DashboardState, _ size: (Int, Int), _ glyphs: GlyphSet = .unicode,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let kept = renderer.draw(state, theme: .standard, width: size.0, height: size.1, glyphs: glyphs)
    let anew = render(state, theme: .standard, width: size.0, height: size.1, glyphs: glyphs)
    // A Bool, for a grid's description has thousands of lines.
    let isSame = kept == anew
    #expect(isSame, "attempt \(state.lastAttempt ?? -1)", sourceLocation: sourceLocation)
  }

  @Test("Every frame of a run is the one drawn anew, with few and with many steps between", arguments: [1, 7, 150])
  func run(eventsPerFrame: Int) {
    let renderer = Renderer()
    var state = DashboardState()
    let events = ScriptedRun(hasNumerics: true).events
    for first in stride(from: 0, to: events.count, by: eventsPerFrame) {
      for event in events[first..<min(events.count, first + eventsPerFrame)] {
        _ = reduce(into: &state, action: .event(event))
      }
      guard eventsPerFrame > 1 || first.isMultiple(of: 3) else { continue }
      // A size for many frames: what the last frame did not look at is forgotten.
      check(renderer, state, RendererTests.sizes[first / 400 % 2])
    }
  }

  @Test("Keys between frames: windows, units, scales, smoothing, views, panes")
  func keys() {
    let (renderer, state) = (Renderer(), Driver(DashboardState()))
    let events = ScriptedRun(hasNumerics: true).events
    let keys = Array("+X]o+lLv[-hyX+L0zov]Xo+h8zX".unicodeScalars)
    for (index, event) in events.enumerated() {
      state.take(.event(event))
      guard index > 20, index.isMultiple(of: 3) else { continue }
      // Some frames between two keys, and the same size for several keys.
      if index.isMultiple(of: 15) { state.press(.character(keys[index / 15 % keys.count])) }
      check(renderer, state.state, RendererTests.sizes[index / 120 % 4], index / 60 % 4 == 3 ? .ascii : .unicode)
    }
  }

  @Test("Copies of one state that go different ways do not see each other's columns")
  func copies() {
    let renderer = Renderer()
    let (one, other) = (Driver(Fixture.paying), Driver(Fixture.paying))
    check(renderer, one.state, (180, 50))
    let first = (one.state.lastAttempt ?? 0) + 1
    for step in 0..<120 {
      for (driver, loss) in [(one, 3.0), (other, 0.1)] {
        for lane in 0...1 {
          driver.receive(
            .step(
              StepReport(
                lane: LaneID(lane), attempt: first + step, committedStep: first + step, committed: step % 5 > 0,
                skipReason: step % 5 > 0 ? nil : .nonFiniteLoss, loss: step % 5 > 0 ? loss : .nan, scale: loss * 64,
                stepsToGrowth: 3, stepMilliseconds: 20 + loss * Double(lane), phases: PhaseTimes(), gradNorm: 1,
                learningRate: 0.1, samples: 128, segment: 0)), after: 60 + Double(step))
        }
        if step.isMultiple(of: 3) { check(renderer, driver.state, (180, 50)) }
      }
    }
  }

  @Test("A lane that runs ahead of the baseline: differences come later than its own samples")
  func runsAhead() {
    let (renderer, state) = (Renderer(), Driver(Fixture.starting))
    for _ in 0..<3 { state.press(.character("o")) }
    state.press(.character("o"))
    for step in 0..<400 {
      // B makes 40 steps, then A the same 40.
      let (lane, attempt) = (step / 40 % 2 == 0 ? 1 : 0, step / 80 * 40 + step % 40)
      state.receive(
        .step(
          StepReport(
            lane: LaneID(lane), attempt: attempt, committedStep: attempt, committed: true, skipReason: nil,
            loss: 2 / Double(attempt + 1) + Double(lane * attempt % 7) / 9, scale: nil, stepsToGrowth: nil,
            stepMilliseconds: 20, phases: PhaseTimes(), gradNorm: 1, learningRate: 0.1, samples: 128, segment: 0)),
        after: Double(step))
      if step % 3 == 0 { check(renderer, state.state, (180, 50)) }
    }
  }

  @Test("A new run, and lanes that come and go, begin anew")
  func newRun() {
    let (renderer, state) = (Renderer(), Driver(Fixture.paying))
    check(renderer, state.state, (180, 50))
    for event in ScriptedRun(attempts: 80, switchAt: nil).events { state.take(.event(event)) }
    check(renderer, state.state, (180, 50))
    state.receive(.lane(LaneStateReport(lane: LaneID(1), attempt: 80, state: .dropped)))
    check(renderer, state.state, (180, 50))
  }

  @Test("The memory pane changes with everything that it shows")
  func memoryPane() {
    let (renderer, state) = (Renderer(), Driver(Fixture.paying))
    for _ in 0..<2 { check(renderer, state.state, (180, 50)) }
    func report(_ lane: Int, _ activations: Int, largestBatch: Int? = nil) {
      let bytes = MemoryBreakdown(parameters: 1 << 20, gradients: 1 << 20, activations: activations)
      var report = MemoryReport(
        lane: LaneID(lane), attempt: 1, precision: .ampBF16, bytes: bytes, peak: bytes.total, unshared: bytes.total,
        rss: 1 << 30)
      report.largestBatch = largestBatch
      state.receive(.memory(report))
      for _ in 0..<2 { check(renderer, state.state, (180, 50)) }
    }
    report(1, 5 << 20)
    report(0, 9 << 20, largestBatch: 300)
    report(1, 5 << 20, largestBatch: 500)
    state.receive(.settings(LaneSettingsReport(lane: LaneID(1), attempt: 2, batchSize: 900, clipNorm: nil)))
    check(renderer, state.state, (180, 50))
    for _ in 0..<8 {
      state.press(.tab)
      check(renderer, state.state, (180, 50))
    }
    state.press(.character(">"))
    check(renderer, state.state, (180, 50))
    let (kept, anew) = (
      renderer.draw(state.state, theme: .monochrome, width: 180, height: 50, glyphs: .ascii),
      render(state.state, theme: .monochrome, width: 180, height: 50, glyphs: .ascii)
    )
    let isSame = kept == anew
    #expect(isSame)
  }

  @Test("The characters that need no table are those that the tables would give")
  func characters() {
    for value in UInt32(0x20)...0x2FFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let properties = scalar.properties
      let expected: Unicode.Scalar? =
        switch properties.generalCategory {
        case .control, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: "?"
        case .nonspacingMark, .enclosingMark, .format: nil
        default: properties.isEmojiPresentation || (0x1100...0x115F).contains(value) || value >= 0x2E80 ? "?" : scalar
        }
      #expect(scalar.cellCharacter == expected, "U+\(String(value, radix: 16))")
    }
  }

  @Test("Cells are equal where all of their parts are")
  func cells() {
    let cell = Cell(character: "a", style: Style(foreground: .rgb(1, 2, 3), background: .default, attributes: .bold))
    var others = [Cell](repeating: cell, count: 4)
    others[0].character = "b"
    others[1].style.foreground = .rgb(1, 2, 4)
    others[2].style.background = .rgb(0, 0, 0)
    others[3].style.attributes = .dim
    for other in others { #expect(other != cell) }
    #expect(Cell(character: "a", style: cell.style) == cell)
  }
}
