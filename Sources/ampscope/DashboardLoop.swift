import DashboardCore
import DashboardTerminal
import Foundation
import TrainingEvents

/// The user interface's thread: wait for input, drain events, reduce, render, draw what changed.
///
/// A frame is due ten times a second, and at once when a key comes; nothing is drawn in between. Training never waits for
/// this loop.
struct DashboardLoop {
  /// Why the loop ended.
  enum End {
    /// The user left.
    case quit
    /// The user insisted on leaving at once.
    case interrupted
    /// A signal asked the process to end, or the terminal went away.
    case signal(Int32)
  }

  private static let frameSeconds = 0.1

  private let feed: any EventFeed
  private let screen: TerminalScreen
  private var catalog: ThemeCatalog
  private var state: DashboardState
  private var dropped: [LaneID: Int] = [:]
  private var hasEnded = false

  init(feed: any EventFeed, screen: TerminalScreen, catalog: ThemeCatalog, themeIndex: Int) {
    self.feed = feed
    self.screen = screen
    self.catalog = catalog
    let choices = catalog.entries.map { entry in
      ThemeChoice(theme: entry.theme, origin: entry.path == nil ? "compiled in" : "\(entry.kind.rawValue)'s file")
    }
    state = DashboardState(themes: choices, themeIndex: themeIndex)
    for problem in catalog.problems {
      let message = Message(text: "theme left out: \(problem)")
      _ = reduce(into: &state, action: .event(TrainingEvent(time: Self.now, body: .note(message))))
    }
  }

  /// The summary of the run, once there is one.
  var summary: RunSummary? { state.summary }

  /// Runs until the user leaves or a signal comes.
  ///
  /// Throws what the feed throws.
  mutating func run() throws -> End {
    _ = reduce(into: &state, action: .resize(width: screen.size.width, height: screen.size.height))
    var nextFrame = Self.now
    var nextCost = Self.now
    var cost = FrameCost()
    draw()
    while true {
      let wait = max(0, Int((nextFrame - Self.now) * 1000))
      var isDirty = false
      for input in screen.wait(milliseconds: wait) {
        if let end = handle(input) { return end }
        isDirty = true
      }
      let now = Self.now
      guard isDirty || now >= nextFrame else { continue }
      if now >= nextFrame { nextFrame = now + Self.frameSeconds }
      try takeEvents()
      if now >= nextCost {
        cost = screen.takeCost()
        nextCost = now + 1
        reloadTheme()
      }
      _ = reduce(into: &state, action: .tick(time: now, cost: cost))
      draw()
    }
  }

  private static var now: Double { Date().timeIntervalSince1970 }

  private func draw() {
    let theme = screen.colorDepth == .monochrome ? Theme.monochrome : state.theme
    screen.apply(
      render(state, theme: theme, width: screen.size.width, height: screen.size.height, glyphs: screen.glyphs))
  }

  private mutating func takeEvents() throws {
    for event in try feed.drain() { _ = reduce(into: &state, action: .event(event)) }
    for lane in state.lanes.map(\.lane) {
      let count = feed.droppedEvents(of: lane)
      let new = count - (dropped[lane] ?? 0)
      guard new > 0 else { continue }
      dropped[lane] = count
      _ = reduce(into: &state, action: .ringFull(lane: lane, count: new))
    }
    if feed.isOver, !hasEnded {
      hasEnded = true
      _ = reduce(into: &state, action: .sessionEnded)
    }
  }

  /// Shows a theme anew while its file is being edited.
  private mutating func reloadTheme() {
    do {
      guard try catalog.reload(state.themeIndex) else { return }
      let theme = catalog.entries[state.themeIndex].theme
      _ = reduce(into: &state, action: .themeChanged(index: state.themeIndex, theme: theme))
      _ = reduce(into: &state, action: .notice("theme \(theme.name) was read again"))
    } catch {
      _ = reduce(into: &state, action: .notice("\(error)"))
    }
  }

  private mutating func handle(_ input: TerminalInput) -> End? {
    switch input {
    case .key(let key): return perform(reduce(into: &state, action: .key(key)))
    case .mouse(let mouse): return perform(reduce(into: &state, action: .mouse(mouse)))
    case .resize(let width, let height):
      return perform(reduce(into: &state, action: .resize(width: width, height: height)))
    case .signal(let number): return .signal(number)
    case .hangup: return .signal(SIGHUP)
    case .resumed, .wake: return nil
    }
  }

  private func perform(_ effects: [DashboardEffect]) -> End? {
    for effect in effects {
      switch effect {
      case .send(let command): feed.send(command)
      case .suspend: screen.suspend()
      case .redraw: screen.redraw()
      case .quit(.asTheRunEnded): return .quit
      case .quit(.interrupted): return .interrupted
      }
    }
    return nil
  }
}
