import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("What gives way where room is tight")
struct TightRoomTests {
  private func lines(_ state: DashboardState, _ width: Int, _ height: Int) -> [String] {
    render(state, theme: .standard, width: width, height: height, glyphs: .unicode).text
      .split(separator: "\n").map { String($0) }
  }

  private func plannedAhead(_ lanes: Int...) throws -> Driver {
    let state = Driver(Fixture.paying)
    for lane in lanes {
      var memory = try #require(state.lanes[lane].memory)
      memory.largestBatch = 209
      state.receive(.memory(memory))
    }
    return state
  }

  @Test("In 120 columns and 40 rows the memory table keeps its rows, and the headroom stands in the border below it")
  func headroomInBorder() throws {
    let screen = lines(try plannedAhead(1).state, 120, 40)
    let border = try #require(screen.firstIndex { $0.hasSuffix("╰─ in A's bytes: batch B 209 ────────────────╯") })
    #expect(screen[border - 1].contains("■ workspace") && screen[border - 6].contains("■ parameters"))
  }

  @Test("Where there is a row for it the headroom stands above the table, and nothing is in the border")
  func headroomInRow() throws {
    let screen = lines(try plannedAhead(1).state, 200, 60)
    let row = try #require(screen.firstIndex { $0.contains("in the baseline's bytes: batch B 209  :batch N sets it") })
    #expect(screen[row + 2].contains("■ parameters"))
    #expect(!screen.contains { $0.contains("A's bytes") })
  }

  @Test("The border names as many lanes as it holds, whole")
  func lanesInBorder() throws {
    let state = try plannedAhead(0, 1)
    #expect(lines(state.state, 120, 40).contains { $0.contains(" in A's bytes: batch A 209  B 209 ─") })
    let narrow = lines(state.state, 80, 24).filter { $0.contains("bytes: batch") }
    #expect(narrow.count == 1 && narrow[0].contains("─ in A's bytes: batch A 209 ─"))
  }

  @Test("The header leaves out whole parts: no separator without what it separates", arguments: 60...130)
  func header(width: Int) throws {
    let session = ScriptedRun.session(schedule: .alternating, isSynthetic: true, steps: nil)
    let state = Driver(DashboardState())
    state.receive(.session(session))
    for height in [20, 40] {
      let head = lines(state.state, width, height)
        .prefix(3).map { $0.filter { !"│╭╮─".contains($0) } }
      for line in head {
        let words = line.split(separator: " ").map { String($0) }
        #expect(words.last != "·" && !line.contains("·  "))
      }
    }
    let about = lines(state.state, max(width, 100), 40)[1]
    #expect(about.contains("cnn") && about.contains("batch 128 · sgd lr 0.05"))
  }

  @Test("At a skipped attempt the footer says which key tells why, and elsewhere it does not")
  func whySkipped() throws {
    let state = Driver(Fixture.running)
    state.take(.resize(width: 120, height: 40))
    state.press(.character("x"), .home)
    #expect(!lines(state.state, 120, 40)[39].contains("Enter why skipped"))
    state.press(.character("n"))
    let cursor = try #require(state.cursor)
    try #require(state.lanes.contains { $0.history.skipped.has(cursor) })
    #expect(lines(state.state, 120, 40)[39].hasPrefix(" q quit  ? help  Enter why skipped"))
  }

  @Test("Completions that have no room end in an ellipsis, and the chosen one stays in view")
  func completions() {
    let state = Driver(Fixture.running)
    state.take(.resize(width: 80, height: 24))
    state.press(.character(":"))
    let all = state.state.completions(of: "")
    #expect(lines(state.state, 80, 24)[22].contains("…"))
    for choice in all {
      state.press(.tab)
      #expect(lines(state.state, 80, 24)[22].contains(choice))
    }
    #expect(!lines(state.state, 80, 24)[22].contains("…"))
  }

  @Test("A line of a list that is wider than the screen ends in an ellipsis")
  func popup() {
    let state = Driver(Fixture.running)
    state.press(.character("O"))
    #expect(lines(state.state, 60, 20).contains { $0.contains("◀ 61 ") && $0.contains("… │") })
    #expect(!lines(state.state, 120, 40).contains { $0.contains("… │") && $0.contains("◀") })
  }

  @Test("A histogram that nobody asked for leaves its rows to the table")
  func noHistogram() {
    let state = Driver(Fixture.paying)
    state.take(.resize(width: 80, height: 24))
    _ = state.state.set(.panes, to: "numerics")
    func rows(isDetailed: Bool) -> Int {
      state.receive(
        .numerics(
          ScriptedNumerics.report(lane: 1, attempt: 599, format: .bf16, scale: nil, isDetailed: isDetailed)))
      let screen = lines(state.state, 80, 24)
      let isHint = screen.contains { $0.contains("no histogram yet: i counts every 20th attempt in full") }
      #expect(isHint == !isDetailed)
      return screen.filter { $0.contains(" features.") || $0.contains(" classifier") }.count
    }
    let sampled = rows(isDetailed: false)
    let detailed = rows(isDetailed: true)
    #expect(sampled > detailed && detailed > 2)
  }

  @Test(
    "The race is seen in the set of panes that bears its name, with each lane's time",
    arguments: [(60, 20), (80, 24), (120, 40)])
  func race(size: (Int, Int)) {
    let state = Driver(Fixture.paying)
    state.take(.resize(width: size.0, height: size.1))
    _ = state.state.set(.panes, to: "race")
    let screen = lines(state.state, size.0, size.1)
    #expect(screen.contains { $0.contains("⁷race") })
    #expect(screen.contains { $0.contains("B ") && $0.contains(" s  ×") })
  }

  @Test("In 80 columns every category of memory has its mark")
  func memoryMarks() {
    let screen = lines(Fixture.paying, 80, 24)
    let names = ["■act", "■work", "■param", "■opt", "■grad", "■copy"]
    #expect(screen.contains { line in names.allSatisfy { line.contains($0) } })
  }

  @Test("What was just said is whole in 60 columns: the cost gives way")
  func hint() {
    let state = Driver(Fixture.paying)
    let text = "this run was recorded: it cannot be changed any more"
    state.state.show(hint: text)
    #expect(lines(state.state, 60, 20)[19].contains(text))
    #expect(
      lines(state.state, 40, 12)[11].contains("this run was recorded") && lines(state.state, 40, 12)[11].contains("…"))
    #expect(lines(state.state, 120, 40)[39].contains("kB/frame"))
  }

  @Test("Ctrl-L draws again, and leaves the help open")
  func redraw() {
    let state = Driver(Fixture.paying)
    state.press(.character("?"))
    #expect(state.press(.control("l")) == [.redraw])
    #expect(lines(state.state, 120, 40).contains { $0.contains("─ keys ─") })
  }

  @Test("Among three lanes the verdict names the one it speaks of")
  func verdict() {
    let events = ScriptedRun(switchAt: nil).events.map { event in
      guard case .session(var session) = event.body else { return event }
      session.lanes.append(LaneDescription(lane: LaneID(2), precision: .bf16, scaler: nil))
      return TrainingEvent(time: event.time, body: .session(session))
    }
    let state = Fixture.state(events)
    #expect(Verdict.lines(state, width: 80).map(\.text) == ["B bf16 pays: forward+backward ×1.75, casts 5 %"])
  }
}
