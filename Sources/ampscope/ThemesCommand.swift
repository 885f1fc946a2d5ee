import ArgumentParser
import DashboardCore
import DashboardTerminal
import Foundation

/// Lists the themes, how they look, and where they were found.
struct ThemesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "themes",
    abstract: "Lists the themes with a preview, where they were found, and the folders that are looked in.",
    discussion: """
      Themes are files in btop's format; btop's own are found too. The number after "lanes" says how well lanes A and B
      can be told apart: the smallest CIEDE2000 difference over normal, deuteranopic and protanopic vision.
      """)

  @Option(help: "Colours: auto, truecolor, 256, 16, 8 or none.")
  var color = "auto"

  func run() throws {
    guard let choice = ColorChoice(spelling: color) else {
      let hint = NearestName.hint(for: color, among: ColorChoice.spellings)
      throw ValidationError("--color: unknown depth \"\(color)\"\(hint)")
    }
    let catalog = ThemeCatalog()
    let (depth, glyphs) = TerminalScreen.lineStyle(choice)
    let width = catalog.entries.map(\.name.count).max() ?? 0
    for entry in catalog.entries {
      let name = entry.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let ground = entry.theme.isLight ? "light" : "dark "
      let lanes = String(format: "lanes %3.0f", entry.theme.laneDifference)
      // Without colours a preview shows nothing; the list is then made for other programs.
      if depth == .monochrome {
        print("\(name)  \(ground)  \(lanes)  \(entry.kind.rawValue)\t\(entry.origin)")
        continue
      }
      let preview = ThemePreview.grid(entry.theme, glyphs: glyphs).ansi(depth: depth).split(separator: "\n")[0]
      print("\(name)  \(preview)  \(ground)  \(lanes)  \(entry.origin)")
    }
    print("\nlooked in, first hit wins:")
    for folder in ThemeFolder.all { print("  \(folder.path)\(folder.kind == .btop ? "  (btop's)" : "")") }
    for entry in catalog.entries {
      for problem in entry.leftOut {
        StandardStream.complain("ampscope: \(entry.origin), line \(problem.line): \(problem.problem); left out\n")
      }
    }
    guard !catalog.problems.isEmpty else { return }
    for problem in catalog.problems { StandardStream.complain("ampscope: \(problem)\n") }
    throw ExitStatus.failure
  }
}
