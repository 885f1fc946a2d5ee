import Foundation
import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Themes")
struct ThemeTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("themes")

  static let files: [URL] = {
    let contents = try? FileManager.default.contentsOfDirectory(
      at: folder.resolvingSymlinksInPath(), includingPropertiesForKeys: nil)
    return (contents ?? []).filter { $0.pathExtension == "theme" }.sorted { $0.path < $1.path }
  }()

  private func parse(_ text: String) throws -> Theme { try ThemeParser.parse(text: text, name: "test") }

  private func message(_ text: String) -> String {
    do {
      _ = try parse(text)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test("btop's format has 48 keys")
  func keys() {
    #expect(ThemeKey.allCases.count == 48)
    #expect(ThemeKey(rawValue: "main_bg") == .mainBackground && ThemeKey(rawValue: "followed_fg") != nil)
  }

  @Test("Every kind of value is read")
  func values() throws {
    let palette = try ThemeParser.palette(
      text: """
        # a comment
        theme[main_bg]=""
        theme[main_fg]="#CC00ff"
          theme[title]="#ee"  \u{20}
        theme[hi_fg]="10 20 255" # rest of the line
        theme[cpu_box]=#010203
        theme[cpu_mid]=""
        theme[title]="#ef"
        """, name: "test")
    #expect(palette[.mainBackground] == .default)
    #expect(palette[.mainForeground] == .rgb(0xCC, 0, 0xFF))
    #expect(palette[.title] == .rgb(0xEF, 0xEF, 0xEF))
    #expect(palette[.highlight] == .rgb(10, 20, 255))
    #expect(palette[.cpuBox] == .rgb(1, 2, 3))
    #expect(palette[.cpuMiddle] == nil)
  }

  @Test("Windows line ends are line ends")
  func carriageReturns() throws {
    let palette = try ThemeParser.palette(text: "theme[title]=#ffffff\r\ntheme[hi_fg]=\"#000000\"\r\n", name: "test")
    #expect(palette == [.title: .rgb(255, 255, 255), .highlight: .rgb(0, 0, 0)])
  }

  @Test("Errors name theme, line, key and the remedy")
  func errors() {
    #expect(
      message("\ntheme[main_gb]=\"#ffffff\"")
        == "theme test, line 2: unknown key \"main_gb\": did you mean \"main_bg\"?")
    #expect(message("theme[title]=\"#ggffff\"").contains("line 1: the value \"#ggffff\" of title is no colour"))
    #expect(message("theme[title]=\"1 2\"").contains("is no colour"))
    #expect(message("theme[title]=\"1 2 256\"").contains("is no colour"))
    #expect(message("theme[title]=\"#12345\"").contains("is no colour"))
    #expect(message("theme[title]=\"#-1\"").contains("is no colour"))
    #expect(message("theme[title]=\"#ffffff").contains("closing quote"))
    #expect(message("theme[title] \"#ffffff\"").contains("expected ="))
    #expect(message("color = red").contains("expected theme[key]"))
  }

  @Test("What a file leaves out is filled in as in btop")
  func fallbacks() throws {
    let theme = try parse("theme[inactive_fg]=\"#777777\"\ntheme[main_bg]=\"#000000\"")
    #expect(theme.inactive == .rgb(0x77, 0x77, 0x77))
    #expect(theme.phases.last == .rgb(0x77, 0x77, 0x77))
    #expect(theme.title == Theme.standard.title)
    #expect(theme.secondary.contrast(with: theme.background) >= 4.5)
  }

  @Test("At least a dark, a light and a high-contrast theme are shipped")
  func shipped() {
    let names = Set(Self.files.map { $0.deletingPathExtension().lastPathComponent })
    #expect(names.isSuperset(of: ["ampscope-dark", "ampscope-light", "high-contrast"]))
  }

  @Test("Every shipped theme sets all keys, can be read, and tells lanes apart", arguments: files)
  func shippedThemes(file: URL) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let palette = try ThemeParser.palette(text: text, name: file.lastPathComponent)
    #expect(palette.count == ThemeKey.allCases.count)
    let theme = try parse(text)
    let (a, b) = (theme.color(of: LaneID(0)), theme.color(of: LaneID(1)))
    #expect(LanePalette.difference(a, b) >= LanePalette.safeDifference)
    for color in [a, b, theme.foreground, theme.secondary, theme.title, theme.highlight, theme.good, theme.bad] {
      #expect(color.contrast(with: theme.background) >= 3)
    }
    #expect(theme.foreground.contrast(with: theme.background) >= 7)
  }

  @Test("The compiled-in theme is ampscope-dark")
  func compiledIn() throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent("ampscope-dark.theme"), encoding: .utf8)
    #expect(try ThemeParser.parse(text: text, name: "ampscope-dark") == Theme.standard)
  }

  @Test("Lanes differ even where a theme offers only one hue")
  func poorTheme() throws {
    let keys = ThemeKey.allCases.filter { $0 != .mainBackground && $0 != .mainForeground }
    let text = keys.map { "theme[\($0.rawValue)]=\"#3377cc\"" }.joined(separator: "\n")
    let theme = try parse(text + "\ntheme[main_bg]=\"#000000\"\ntheme[main_fg]=\"#ffffff\"")
    #expect(theme.color(of: LaneID(0)) != theme.color(of: LaneID(1)))
    _ = theme.color(of: LaneID(99))
    _ = theme.color(of: LaneID(-1))
  }
}
