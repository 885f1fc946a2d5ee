import ArgumentParser
import Foundation

/// Lists the themes and where they were found.
struct ThemesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "themes", abstract: "Lists the themes, where they were found, and the folders that are looked in.")

  func run() throws {
    let catalog = ThemeCatalog()
    for entry in catalog.entries { print("\(entry.name)\t\(entry.origin)") }
    print("\nlooked in, first hit wins:")
    for folder in ThemeCatalog.folders { print("  \(folder)") }
    guard !catalog.problems.isEmpty else { return }
    for problem in catalog.problems { StandardStream.complain("ampscope: \(problem)\n") }
    throw ExitStatus.failure
  }
}
