import DashboardCore
import DashboardTerminal
import Foundation
import TrainingEvents

/// The user interface's thread: wait for input, drain events, reduce, render, draw what changed.
///
/// A frame is due ten times a second if there is something new, and at once when a key comes; nothing is drawn in between.
/// Training never waits for this loop.
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
  private let renderer = Renderer()
  /// Writes what is exported; who leaves the loop asks it to finish, or to give up.
  let exporter = Exporter()
  private var catalog: ThemeCatalog
  private var state: DashboardState
  private var dropped: [LaneID: Int] = [:]
  private var hasEnded = false
  private var shownActivity: String?
  private var cost = FrameCost()
  private var nextFrame = 0.0
  private var nextCost = 0.0

  /// `theme` is the index of the theme asked for; nil leaves it to the saved settings, as `hasMouse` false does not.
  ///
  /// Where `isRemembered` is false the user's files are neither read nor written.
  init(
    feed: any EventFeed, screen: TerminalScreen, catalog: ThemeCatalog, theme: Int?, hasMouse: Bool,
    isRemembered: Bool = true
  ) {
    self.feed = feed
    self.screen = screen
    self.catalog = catalog
    let choices = catalog.entries.map { entry in
      ThemeChoice(theme: entry.theme, origin: entry.path == nil ? "compiled in" : "\(entry.kind.rawValue)'s file")
    }
    state = DashboardState(themes: choices)
    let problems =
      catalog.problems.map { "theme left out: \($0)" } + (isRemembered ? UserFiles.loadSettings(into: &state) : [])
    // What the command line says comes after what was saved.
    if let theme { state.choose(theme: theme) }
    if !hasMouse { state.releaseMouse() }
    screen.mouse = state.hasMouse
    if isRemembered, UserFiles.isFirstRun() { state.greet() }
    for problem in problems {
      _ = reduce(into: &state, action: .event(TrainingEvent(time: Self.now, body: .note(Message(text: problem)))))
    }
  }

  /// The summary of the run, once there is one.
  var summary: RunSummary? { state.summary }

  /// What stays on the normal screen.
  var farewell: [String] { FarewellTable.lines(state) }

  /// Runs until the user leaves or a signal comes.
  ///
  /// Throws what the feed throws.
  mutating func run() throws -> End {
    begin()
    while true {
      if let end = try turn() { return end }
    }
  }

  /// Draws the first frame and starts what takes its time.
  mutating func begin() {
    _ = reduce(into: &state, action: .resize(width: screen.size.width, height: screen.size.height))
    (nextFrame, nextCost) = (Self.now, Self.now)
    if let stage = feed.loading { _ = reduce(into: &state, action: .loading(stage)) }
    draw()
    feed.begin()
  }

  /// Waits for the next input or frame and answers it; nil where the user stays.
  ///
  /// Throws what the feed throws.
  mutating func turn() throws -> End? {
    // Rounded up: the last part of a millisecond would be spent asking whether it is over.
    let wait = max(0, Int(((nextFrame - Self.now) * 1000).rounded(.up)))
    var isDirty = false
    for input in screen.wait(milliseconds: wait) {
      if let end = handle(input) { return end }
      isDirty = true
    }
    let now = Self.now
    guard isDirty || now >= nextFrame else { return nil }
    if now >= nextFrame { nextFrame = now + Self.frameSeconds }
    if try takeEvents() { isDirty = true }
    if takeExports() { isDirty = true }
    if now >= nextCost {
      cost = screen.takeCost()
      nextCost = now + 1
      reloadTheme()
      // The clock and the footer change once a second, whatever else happens.
      isDirty = true
    }
    _ = reduce(into: &state, action: .tick(time: now, cost: cost))
    if isDirty { draw() }
    return nil
  }

  private static var now: Double { Date().timeIntervalSince1970 }

  private var theme: Theme { screen.colorDepth == .monochrome ? Theme.monochrome : state.theme }

  private func draw() {
    screen.apply(
      renderer.draw(state, theme: theme, width: screen.size.width, height: screen.size.height, glyphs: screen.glyphs))
  }

  /// Takes in what happened; false where nothing did.
  private mutating func takeEvents() throws -> Bool {
    let events = try feed.drain()
    var hasNews = !events.isEmpty
    if let stage = feed.loading { _ = reduce(into: &state, action: .loading(stage)) }
    if let player = feed.player {
      if player.takeRewind() {
        hasNews = true
        hasEnded = false
        _ = reduce(into: &state, action: .rewind)
      }
      _ = reduce(into: &state, action: .replay(player.currentStatus))
    }
    for event in events { _ = reduce(into: &state, action: .event(event)) }
    for lane in state.lanes.map(\.lane) {
      let count = feed.droppedEvents(of: lane)
      let new = count - (dropped[lane] ?? 0)
      guard new > 0 else { continue }
      dropped[lane] = count
      _ = reduce(into: &state, action: .ringFull(lane: lane, count: new))
      hasNews = true
    }
    if feed.isOver, !hasEnded {
      hasEnded = true
      hasNews = true
      _ = reduce(into: &state, action: .sessionEnded)
    }
    return hasNews
  }

  /// Shows a theme anew while its file is being edited.
  private mutating func reloadTheme() {
    do {
      guard try catalog.reload(state.themeIndex) else { return }
      let theme = catalog.entries[state.themeIndex].theme
      _ = reduce(into: &state, action: .themeChanged(index: state.themeIndex, theme: theme))
      tell("theme \(theme.name) was read again")
    } catch {
      tell("\(error)")
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

  private mutating func perform(_ effects: [DashboardEffect]) -> End? {
    for effect in effects {
      switch effect {
      case .send(let command): feed.send(command)
      case .suspend: screen.suspend()
      case .redraw: screen.redraw()
      case .replay(let request): feed.player?.perform(request)
      case .export(let format): export(format)
      case .copy(let text):
        let isSent = screen.copy(text)
        tell(isSent ? "copied \(text.split(separator: "\n").count) lines" : "too long to copy: use export")
      case .setMouse(let isOurs): screen.mouse = isOurs
      case .saveSettings: tell(UserFiles.saveSettings(state))
      case .quit(.asTheRunEnded): return .quit
      case .quit(.interrupted): return .interrupted
      }
    }
    return nil
  }

  private mutating func tell(_ text: String) { _ = reduce(into: &state, action: .notice(text)) }

  private mutating func export(_ format: ExportFormat) {
    let (width, height, depth, theme) = (screen.size.width, screen.size.height, screen.colorDepth, theme)
    let text: ExportText
    switch format {
    case .csv: text = RunTable.csv(state)
    case .json: text = RunTable.json(state)
    case .numericsCSV: text = TensorTable.csv(state)
    case .numericsJSON: text = TensorTable.json(state)
    case .text, .ansi, .svg:
      let grid = render(state, theme: theme, width: width, height: height, glyphs: screen.glyphs)
      text = ExportText {
        format == .text ? grid.text : format == .ansi ? grid.ansi(depth: depth) : grid.svg(theme: theme)
      }
    }
    if let refusal = exporter.start(format, text) { tell(refusal) }
    _ = takeExports()
  }

  /// Shows what became of exports and how far those are that go on; false where nothing changed.
  private mutating func takeExports() -> Bool {
    let messages = exporter.takeMessages()
    for message in messages { tell(message) }
    let activity = exporter.activity
    guard activity != shownActivity else { return !messages.isEmpty }
    shownActivity = activity
    _ = reduce(into: &state, action: .activity(activity))
    return true
  }
}
