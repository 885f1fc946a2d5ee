import Glibc
import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("The logarithmic horizontal axis")
struct LogProgressTests {
  private func driver() -> Driver {
    let driver = Driver(Fixture.running)
    driver.take(.resize(width: 120, height: 40))
    driver.press(.character("L"))
    return driver
  }

  @Test("A place comes back from its position, 0 lies at the left end, and decades are as wide as each other")
  func scale() {
    for origin in [1.0, 128, 0.002] {
      let scale = ProgressScale.logarithmic(origin: origin)
      #expect(scale.position(of: 0) == 0 && scale.position(of: -3) == 0)
      for place in [0.0, 1, 7, 599, 1e6, 1e15] {
        #expect(abs(scale.place(at: scale.position(of: place)) - place) <= 1e-9 * max(1, place))
      }
      let (first, second) = (scale.position(of: origin * 1e4), scale.position(of: origin * 1e5))
      #expect(abs(second - first - log2(10)) < 1e-3)
    }
    #expect(ProgressScale.logarithmic(origin: .nan) == .logarithmic(origin: 1))
    #expect(ProgressScale.linear.position(of: -2.5) == -2.5)
  }

  @Test("Every attempt has one column, that column's stretch holds it, and most of the width is used")
  func columns() {
    let scale = ProgressScale.logarithmic(origin: 1)
    for last in [0, 1, 5, 37, 160, 999, 12_345, 1_000_000] {
      let total = Double(last + 1)
      for window in [ProgressWindow.all, .newest(total / 2), .span(first: 3, length: total / 3)] {
        for columns in [1, 3, 80, 161] {
          let axis = ProgressAxis(unit: .steps, scale: scale, total: total, window: window, columns: columns)
          let edges = axis.edges
          for attempt in Set([0, 1, 2, last / 3, last / 2, last - 1, last].filter { $0 >= 0 }) {
            let holding = (0..<columns).filter { (edges[$0]..<edges[$0 + 1]).contains(Double(attempt)) }
            #expect(holding == axis.column(of: Double(attempt)).map { [$0] } ?? [], "\(attempt) of \(last) \(window)")
          }
          guard window == .all else { continue }
          #expect(axis.column(of: 0) == 0 && axis.column(of: Double(last)) != nil)
          let used = Double(axis.column(of: Double(last)) ?? 0) + 1
          if last >= 37 { #expect(used >= Double(columns) * 0.85 - 1, "\(last) uses \(used) of \(columns)") }
        }
      }
    }
  }

  @Test("While the run grows by less than half an octave, no attempt changes its column")
  func still() {
    func columns(total: Double) -> [Int?] {
      let axis = ProgressAxis(
        unit: .steps, scale: .logarithmic(origin: 1), total: total, window: .all, columns: 160)
      return (0..<500).map { axis.column(of: Double($0)) }
    }
    #expect(columns(total: 730) == columns(total: 1020))
  }

  @Test("Ticks are 1, 2 and 5 times powers of ten, powers of ten where room is short, and linear in a narrow window")
  func ticks() {
    func labels(
      _ unit: ProgressUnit, _ total: Double, origin: Double = 1, _ window: ProgressWindow = .all, columns: Int = 200
    ) -> [String] {
      ProgressAxis(unit: unit, scale: .logarithmic(origin: origin), total: total, window: window, columns: columns)
        .ticks(spacing: 28).map(\.label)
    }
    #expect(labels(.steps, 700) == ["0", "1", "2", "5", "10", "20", "50", "100", "200", "500"])
    #expect(labels(.steps, 900_000) == ["0", "1", "10", "100", "1 000", "10 k", "100 k", "1 M"])
    #expect(labels(.steps, 900_000, columns: 60) == ["0", "1", "100", "10 k", "1 M"])
    #expect(labels(.steps, 1000, .span(first: 600, length: 200)).contains("700"))
    #expect(labels(.samples, 100_000, origin: 128).first == "0")
    #expect(labels(.epochs, 12, origin: 0.002, columns: 100) == ["0", "0.01", "0.1", "1", "10"])
    #expect(labels(.time, 700).prefix(3) == ["00:00", "00:01", "00:02"])
    for unit in ProgressUnit.allCases {
      for total in [0.0, 1e-9, 0.3, 1, 7, 1e6, 1e15] {
        for columns in [1, 10, 300] { #expect(labels(unit, total, columns: columns).count <= columns / 14 + 2) }
      }
    }
  }

  @Test("L turns it on and off, :set and the settings file too, and the charts say so")
  func settings() {
    let state = driver()
    #expect(state.hasLogProgress && state.progressScale.isLogarithmic)
    let text = render(state.state, theme: .standard, width: 120, height: 40, glyphs: .unicode).text
    #expect(text.contains("log x L"))
    #expect(SettingsFile.text(of: state.state).contains("x-scale = \"log\""))
    state.press(.character("L"))
    #expect(!state.hasLogProgress)
    var other = DashboardState()
    #expect(SettingsFile.apply("x-scale = \"log\"", to: &other).isEmpty && other.hasLogProgress)
    #expect(SettingsFile.apply("x-scale = \"cubic\"", to: &other).count == 1 && other.hasLogProgress)
    #expect(state.state.set(.xScale, to: "log") == nil && state.hasLogProgress)
  }

  @Test("Zoom keeps the place under the pointer, pan goes to both ends, and zooming out ends in all of the run")
  func zoom() {
    let scale = ProgressScale.logarithmic(origin: 1)
    let window = ProgressWindow.all.zoomed(by: 0.5, about: 31, axis: (0, 1023), total: 1023, least: 5, scale: scale)
    let shown = window.stretch(total: 1023)
    // Position 5 of 0…10 stays in the middle of a window from 2.5 to 7.5.
    #expect(abs(scale.position(of: shown.first) - 2.5) < 1e-9)
    #expect(abs(scale.position(of: shown.first + shown.length) - 7.5) < 1e-9)
    #expect(window.zoomed(by: 2, about: 31, axis: shown, total: 1023, least: 5, scale: scale) == .all)
    var moved = window
    for _ in 0..<20 { moved = moved.moved(by: -0.25, total: 1023, scale: scale) }
    #expect(moved.stretch(total: 1023).first == 0 && abs(moved.stretch(total: 1023).length - 31) < 1e-9)
    for _ in 0..<20 { moved = moved.moved(by: 0.25, total: 1023, scale: scale) }
    #expect(moved.isAtNewest && moved != .all)
    var narrow = ProgressWindow.all
    for _ in 0..<60 {
      narrow = narrow.zoomed(
        by: 0.5, about: 1023, axis: narrow.stretch(total: 1023), total: 1023, least: 5, scale: scale)
    }
    #expect(abs(narrow.stretch(total: 1023).length - 5) < 1e-6 && narrow.isAtNewest)
  }

  @Test("The cursor moves at least one attempt, reaches both ends, and events are jumped to and shown")
  func cursor() {
    let state = driver()
    state.press(.character("x"), .home)
    #expect(state.cursor == 0)
    state.press(.right)
    #expect(state.cursor == 1)
    state.press(.right, .left)
    #expect(state.cursor == 1)
    state.press(.end, .left)
    // A column at the newest end holds several attempts.
    #expect((560..<599).contains(state.cursor ?? 0))
    for _ in 0..<400 { state.press(.left) }
    #expect(state.cursor == 0)
    for _ in 0..<400 { state.press(.right) }
    #expect(state.cursor == 599)
    state.press(.escape, .character("n"))
    #expect(state.cursor == 150)
    state.press(.escape, .character("+"), .character("+"), .character("n"))
    let shown = state.window.stretch(total: 600)
    #expect(shown.first <= 150 && shown.first + shown.length > 150)
  }

  @Test("What is drawn at a column is what the pointer reads there")
  func pointer() {
    let state = driver()
    let rect = Layout(state: state.state, width: 120, height: 40).panes[.loss] ?? Rect(x: 0, y: 0, width: 0, height: 0)
    let frame = LossPane.frame(state.state, in: rect.inner, glyphs: .unicode)
    for attempt in [3, 20, 150, 280, 550] {
      let cell = frame.cell(of: attempt, in: state.lanes[0].history) ?? -1
      state.take(.mouse(DashboardMouse(x: frame.plot.x + cell, y: rect.y + 3, kind: .drag)))
      let read = Double(state.cursor ?? 0)
      // Within the width of a cell, which is a share of the attempt here.
      #expect(abs(read - Double(attempt)) <= 1 + 0.15 * Double(attempt), "\(attempt) reads \(read)")
    }
  }

  @Test("Every unit, view and size is drawn on it, before the first step too")
  func drawn() {
    let states = [Fixture.running, Fixture.starting, DashboardState(), Fixture.complete].map { Driver($0) }
    for state in states {
      state.press(.escape, .character("L"), .character("+"))
      for _ in LossView.allCases {
        state.press(.character("o"))
        for _ in ProgressUnit.allCases {
          state.press(.character("X"), .character("n"), .character("h"))
          for (width, height) in [(1, 1), (24, 8), (40, 10), (80, 24), (200, 60)] {
            let grid = render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode)
            #expect(grid.cells.count == width * height)
          }
        }
      }
    }
  }

  @Test("Loss and loss scale on it as recorded, and zoomed in with the cursor on a change")
  func snapshots() throws {
    let state = driver()
    try Snapshot.check(
      render(state.state, theme: .standard, width: 120, height: 40, glyphs: .unicode), "log-x-120x40")
    state.press(.character("n"), .character("n"), .character("+"))
    try Snapshot.check(
      render(state.state, theme: .standard, width: 80, height: 24, glyphs: .unicode), "log-x-cursor-80x24")
  }
}
