import ArgumentParser
import DashboardCore
import DashboardTerminal
import Foundation
import TrainingEvents

/// How the dashboard looks.
struct DisplayOptions: ParsableArguments {
  @Option(help: "Theme by name or file; `ampscope themes` lists them.")
  var theme: String?

  @Option(help: "Colours: auto, truecolor, 256, 16, 8 or none.")
  var color = "auto"

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.")
  var noMouse = false

  /// Why there is no terminal for a dashboard; nil where there is one.
  static var plainReason: String? {
    if case .plain(let reason) = TerminalScreen.availability() { reason } else { nil }
  }

  /// Shows a feed until the user leaves.
  func show(_ feed: any EventFeed) throws {
    var catalog = ThemeCatalog()
    let chosen = try theme.map { try catalog.select($0) }
    guard let choice = ColorChoice(spelling: color) else {
      let hint = NearestName.hint(for: color, among: ColorChoice.spellings)
      throw ValidationError("--color: unknown depth \"\(color)\"\(hint)")
    }
    // The screen opens before any thread starts: opening changes the environment for a moment.
    let screen = try TerminalScreen.open(
      TerminalOptions(color: choice, glyphs: ascii ? .ascii : nil, mouse: !noMouse))
    var loop = DashboardLoop(feed: feed, screen: screen, catalog: catalog, theme: chosen, hasMouse: !noMouse)
    let end: DashboardLoop.End
    do {
      end = try loop.run()
    } catch {
      screen.close()
      feed.send(.abandon)
      loop.exporter.finish { StandardStream.complain("ampscope: \($0)\n") }
      feed.finish()
      throw error
    }
    screen.close()
    switch end {
    case .signal(let number):
      // The lanes end with the process; a recorder has written all that was drained.
      loop.exporter.giveUp { StandardStream.complain("ampscope: \($0)\n") }
      TerminalScreen.endProcess(bySignal: number)
    case .interrupted:
      loop.exporter.giveUp { StandardStream.complain("ampscope: \($0)\n") }
      try printFarewell(loop)
      throw ExitStatus.signal(SIGINT)
    case .quit:
      try printFarewell(loop)
      feed.send(.abandon)
      loop.exporter.finish { StandardStream.complain("ampscope: \($0)\n") }
      feed.finish()
      try RunOutcome.check(loop.summary)
    }
  }

  private func printFarewell(_ loop: DashboardLoop) throws {
    if !loop.farewell.isEmpty { try StandardStream.print(loop.farewell.joined(separator: "\n") + "\n") }
  }
}
