import Testing

@testable import DashboardCore

@Suite("Screens as recorded")
struct SnapshotTests {
  private func screen(
    _ state: DashboardState, _ width: Int, _ height: Int, theme: Theme = .standard, glyphs: GlyphSet = .unicode
  ) -> CellGrid {
    render(state, theme: theme, width: width, height: height, glyphs: glyphs)
  }

  @Test(
    "A running session after a precision change, at eight sizes",
    arguments: [
      (300, 100), (200, 60), (120, 40), (80, 24), (60, 20), (40, 12), (39, 9), (20, 5),
    ])
  func running(size: (Int, Int)) throws {
    try Snapshot.check(screen(Fixture.running, size.0, size.1), "running-\(size.0)x\(size.1)")
  }

  @Test("As ANSI text at every colour depth, with Unicode and with ASCII", arguments: ColorDepth.allCases)
  func depths(depth: ColorDepth) throws {
    for glyphs in GlyphSet.allCases {
      let theme: Theme = depth == .monochrome ? .monochrome : .standard
      let grid = screen(Fixture.running, 80, 24, theme: theme, glyphs: glyphs)
      try Snapshot.check(grid.ansi(depth: depth), "running-80x24-\(depth.rawValue)-\(glyphs.rawValue)")
    }
  }

  @Test("A session of which mixed precision pays")
  func paying() throws {
    try Snapshot.check(screen(Fixture.paying, 120, 40), "paying-120x40")
  }

  @Test("Concurrent lanes on synthetic data")
  func concurrent() throws {
    try Snapshot.check(screen(Fixture.concurrent, 120, 40), "concurrent-120x40")
  }

  @Test("Without colours and with ASCII only")
  func plain() throws {
    try Snapshot.check(
      screen(Fixture.running, 120, 40, theme: .monochrome, glyphs: .ascii), "running-120x40-monochrome-ascii")
    try Snapshot.check(screen(Fixture.paying, 80, 24, theme: .monochrome), "paying-80x24-monochrome")
  }

  @Test("Before the first step")
  func starting() throws {
    try Snapshot.check(screen(Fixture.starting, 80, 24), "starting-80x24")
    try Snapshot.check(screen(DashboardState(), 80, 24), "empty-80x24")
  }

  @Test("Help, the precision list, the question before quitting, the summary")
  func overlays() throws {
    let state = Driver(Fixture.running)
    state.press(.character("?"))
    try Snapshot.check(screen(state.state, 80, 24), "help-80x24")
    state.press(.escape, .character("P"))
    try Snapshot.check(screen(state.state, 80, 24), "precisions-80x24")
    state.press(.escape, .character("T"))
    try Snapshot.check(screen(state.state, 100, 30), "themes-100x30")
    state.press(.escape, .character("q"))
    try Snapshot.check(screen(state.state, 80, 24), "quit-80x24")
    try Snapshot.check(screen(Fixture.complete, 120, 40), "summary-120x40")
  }

  @Test("The loss split by lane, as a difference, over time, and read by the cursor")
  func curves() throws {
    let state = Driver(Fixture.running)
    state.take(.resize(width: 120, height: 40))
    state.press(.character("o"), .character("X"), .character("X"))
    try Snapshot.check(screen(state.state, 120, 40), "split-time-120x40")
    state.press(.character("o"), .character("0"), .character("N"), .character("N"))
    try Snapshot.check(screen(state.state, 120, 40), "difference-cursor-120x40")
  }

  @Test("All panes with the race")
  func race() throws {
    let state = Driver(Fixture.complete)
    state.press(.escape, .character("7"))
    try Snapshot.check(screen(state.state, 120, 50), "race-120x50")
  }

  @Test("A zoomed pane takes the screen")
  func zoomed() throws {
    let state = Driver(Fixture.running)
    state.press(.tab, .character("z"), .character("y"))
    try Snapshot.check(screen(state.state, 120, 40), "zoomed-log-axis-120x40")
  }
}
