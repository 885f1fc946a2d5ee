import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Diagnoses and faults")
struct DiagnosisTests {
  private let b = LaneID(1)

  private func driver(_ state: DashboardState = Fixture.lab) -> Driver {
    let driver = Driver(state)
    driver.take(.resize(width: 120, height: 40))
    return driver
  }

  private func text(_ state: Driver, _ width: Int = 120, _ height: Int = 40) -> String {
    render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode).text
  }

  @Test("The list keeps the newest, in order, one an attempt")
  func list() {
    var list = DiagnosisList()
    for attempt in 0..<5000 { list.append(ScriptedNumerics.diagnosis(lane: 1, attempt: attempt, scale: 2)) }
    #expect((DiagnosisList.capacity..<2 * DiagnosisList.capacity).contains(list.reports.count))
    #expect(list[attempt: 4999] != nil && list[attempt: 0] == nil && list[attempt: 5000] == nil)
    list = DiagnosisList()
    for attempt in [5, 3, 9, 5] {
      list.append(ScriptedNumerics.diagnosis(lane: 1, attempt: attempt, scale: Double(list.reports.count)))
    }
    #expect(list.reports.map(\.attempt) == [3, 5, 9] && list[attempt: 5]?.scale == 3)
    #expect(list.neighbour(of: 5, forward: true)?.attempt == 9 && list.neighbour(of: 5, forward: false)?.attempt == 3)
    #expect(list.neighbour(of: 9, forward: true) == nil && list.first(since: 4)?.attempt == 5)
  }

  @Test("Enter at a skipped attempt opens its reason, and n and N go through the diagnosed ones")
  func drillDown() throws {
    let state = driver()
    state.press(.character("x"), .home)
    while let cursor = state.cursor, cursor < 280 { state.press(.character("n")) }
    #expect(state.cursor == 280)
    state.press(.enter)
    #expect(state.overlay == .diagnosis(b, attempt: 280))
    let screen = text(state)
    for phrase in [
      "why lane B skipped attempt 280", "backward overflow", "features.0 conv2d, backward, in fp16",
      "12 inf, 3 NaN", "of 100 352 elements", "1 048 576", "48.9 % of fp16's largest",
      "the loss scale is too large for the gradient of features.0", "A fp32", "committed",
    ] {
      #expect(screen.contains(phrase), "\(phrase)")
    }
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
      try Snapshot.check(
        render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode),
        "diagnosis-\(width)x\(height)")
    }
    state.press(.character("n"))
    #expect(state.overlay == .diagnosis(b, attempt: 281) && state.cursor == 281)
    state.press(.up, .character("N"))
    #expect(state.overlay == .diagnosis(LaneID(1), attempt: 280) && state.hint?.text.contains("before") == true)
    state.press(.escape)
    #expect(state.overlay == nil && state.cursor == 280)
  }

  @Test("Without a cursor Enter takes the newest skip; elsewhere it says what to do")
  func withoutCursor() {
    let state = driver()
    state.press(.enter)
    #expect(state.overlay == .diagnosis(b, attempt: 586) && state.cursor == 586)
    #expect(state.press(.character("q")).isEmpty && state.overlay == .quit)
    state.press(.escape)
    state.state.cursor = 20
    state.press(.enter)
    #expect(state.overlay == nil && state.hint?.text == "attempt 20 not skipped; n N find events")
    let clean = driver(Fixture.starting)
    clean.press(.enter)
    #expect(clean.overlay == nil && clean.hint?.text == "no attempt was skipped yet")
  }

  @Test("Where nothing was skipped, the hint is whole in 80 columns up to millions of attempts")
  func wholeHint() {
    let state = driver()
    state.state.cursor = 1_234_567
    state.press(.enter)
    let screen = render(state.state, theme: .standard, width: 80, height: 24, glyphs: .unicode).text
    #expect(screen.contains("attempt 1 234 567 not skipped; n N find events  "))
  }

  @Test("A skip without a diagnosis says so, and what is known")
  func undiagnosed() {
    let state = driver(Fixture.running)
    state.state.cursor = 150
    state.press(.enter)
    #expect(state.overlay == .diagnosis(LaneID(0), attempt: 150))
    #expect(
      text(state).contains("No diagnosis came for this attempt.") && text(state).contains("the loss was not finite"))
    #expect(text(state).contains("B amp-bf16") || text(state).contains("B amp-fp16"))
    state.state.cursor = 281
    state.state.overlay = nil
    state.press(.enter)
    #expect(text(state).contains("a gradient or an update was not finite") && text(state).contains("524 288"))
  }

  @Test("The overlay is drawn at every size, also of nonsense")
  func sizes() {
    let state = driver()
    var worst = ScriptedNumerics.diagnosis(lane: 1, attempt: 586, scale: .nan)
    (worst.count, worst.infinities, worst.nans, worst.largestOperand) = (.min, .max, -1, .infinity)
    worst.explanation = String(repeating: "verylongword", count: 60) + " and more"
    state.receive(.diagnosis(worst))
    state.press(.enter)
    for height in 1...30 {
      for width in stride(from: 1, through: 140, by: 7) {
        let grid = render(state.state, theme: .monochrome, width: width, height: height, glyphs: .ascii)
        #expect(grid.cells.allSatisfy { $0.character.value >= 0x20 && $0.character.value < 0x7F })
      }
    }
    #expect(DiagnosisOverlay.wrapped("one two three", width: 7) == ["one two", "three"])
    #expect(DiagnosisOverlay.wrapped("", width: 7).isEmpty)
  }

  @Test("A lane that skips everything does not fill the log with diagnoses")
  func logged() {
    let state = driver()
    state.state.lanes[1].skipped = 21
    let before = state.log.lines.count
    for attempt in 700..<900 {
      state.receive(.diagnosis(ScriptedNumerics.diagnosis(lane: 1, attempt: attempt, scale: 1)))
    }
    #expect(state.log.lines.count == before && state.lanes[1].diagnoses[attempt: 899] != nil)
    state.receive(.lane(LaneStateReport(lane: b, attempt: 900, state: .diverged)))
    #expect(state.log.lines.last?.text.hasSuffix("last: backward overflow in features.0 conv2d") == true)
  }

  @Test("Faults stand on the charts, in the list of events, and in the cursor's reading")
  func faults() {
    let state = driver()
    #expect(text(state).contains("B fault"))
    state.state.cursor = 390
    state.press(.character("n"))
    #expect(state.cursor == ScriptedRun.faultAt)
    #expect(state.state.eventTexts(at: 400).map(\.text) == ["fault nan:grad:features.4"])
    #expect(text(state, 200, 60).contains("fault nan:grad:features.4"))
    for attempt in 0..<2000 {
      state.receive(
        .fault(FaultReport(lane: b, attempt: attempt, fault: Fault(.learningRate(factor: 10), attempt: attempt))))
    }
    #expect(state.lanes[1].history.faults.count == LaneHistory.faultLimit)
    #expect(state.lanes[1].history.faults.map(\.attempt) == Array(1488..<2000))
  }
}
