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
    #expect(ThemeKey.allCases.count - ThemeKey.own.count == 48)
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

  @Test("Eight themes or more are shipped: two light, one of greys, two for colour-blind eyes")
  func shipped() throws {
    let names = Set(Self.files.map { $0.deletingPathExtension().lastPathComponent })
    #expect(names.count >= 8)
    #expect(names.isSuperset(of: ["ampscope-dark", "monochrome", "high-contrast", "cividis", "colorblind-light"]))
    let light = try Self.files.filter { try parse(String(contentsOf: $0, encoding: .utf8)).isLight }
    #expect(light.count >= 2)
  }

  @Test("Every shipped theme sets all of btop's keys, can be read, and tells lanes apart", arguments: files)
  func shippedThemes(file: URL) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let palette = try ThemeParser.palette(text: text, name: file.lastPathComponent)
    // A background left to the terminal is set too, to nothing.
    #expect(palette.keys.filter { !ThemeKey.own.contains($0) }.count == 48)
    let theme = try parse(text)
    check(theme)
    // Nothing had to be repaired: what the file says is what is shown.
    #expect(theme.title == palette[.title] && theme.highlight == palette[.highlight])
    #expect(theme.secondary == palette[.graphText] && theme.bad == palette[.cpuEnd])
    if let wanted = palette[.laneA] {
      #expect(theme.color(of: LaneID(0)) == wanted && theme.color(of: LaneID(1)) == palette[.laneB])
    }
    // With 256 and with 16 colours the two lanes are two colours still.
    let (a, b) = (theme.color(of: LaneID(0)), theme.color(of: LaneID(1)))
    #expect(nearest256(a) != nearest256(b) && nearest16(a) != nearest16(b))
  }

  /// What holds of every theme, whatever its file says.
  private func check(_ theme: Theme) {
    #expect(theme.laneDifference >= LanePalette.pairDifference, "\(theme.name): lanes A and B look alike")
    for color in [theme.foreground, theme.title, theme.highlight, theme.secondary] {
      #expect(color.contrast(with: theme.background) >= Contrast.text, "\(theme.name)")
    }
    for color in theme.lanes + [theme.good, theme.warning, theme.bad, theme.overflow, theme.cursor] {
      #expect(color.contrast(with: theme.background) >= Contrast.graphics, "\(theme.name)")
    }
    #expect(theme.selectedForeground.contrast(with: theme.selectedBackground) >= Contrast.text, "\(theme.name)")
  }

  @Test("Any palette at all ends up legible, with lanes that can be told apart")
  func randomPalettes() {
    var random: UInt64 = 11
    func byte() -> UInt8 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: random >> 56)
    }
    for _ in 0..<40 {
      var palette: [ThemeKey: Color] = [:]
      for key in ThemeKey.allCases where byte() > 60 { palette[key] = .rgb(byte(), byte(), byte()) }
      check(Theme(name: "random", palette: palette))
    }
    // One hue, and a background in the middle, where neither black nor white stands out much.
    for grey in [UInt8(0), 90, 128, 200, 255] {
      var palette: [ThemeKey: Color] = [:]
      for key in ThemeKey.allCases { palette[key] = .rgb(grey, grey, grey) }
      check(Theme(name: "grey \(grey)", palette: palette))
    }
  }

  @Test("CIEDE2000 agrees with the published test data (Sharma, Wu and Dalal 2005, table 1)")
  func ciede2000() {
    let pairs: [(LabColor, LabColor, Double)] = [
      (LabColor(l: 50, a: 2.6772, b: -79.7751), LabColor(l: 50, a: 0, b: -82.7485), 2.0425),
      (LabColor(l: 50, a: 3.1571, b: -77.2803), LabColor(l: 50, a: 0, b: -82.7485), 2.8615),
      (LabColor(l: 50, a: 2.8361, b: -74.02), LabColor(l: 50, a: 0, b: -82.7485), 3.4412),
      (LabColor(l: 50, a: 0, b: 0), LabColor(l: 50, a: -1, b: 2), 2.3669),
      (LabColor(l: 50, a: 2.5, b: 0), LabColor(l: 50, a: 0, b: -2.5), 4.3065),
      (LabColor(l: 50, a: 2.5, b: 0), LabColor(l: 73, a: 25, b: -18), 27.1492),
      (LabColor(l: 50, a: 2.5, b: 0), LabColor(l: 61, a: -5, b: 29), 22.8977),
      (LabColor(l: 50, a: 2.5, b: 0), LabColor(l: 56, a: -27, b: -3), 31.9030),
      (LabColor(l: 50, a: 2.5, b: 0), LabColor(l: 58, a: 24, b: 15), 19.4535),
      (LabColor(l: 60.2574, a: -34.0099, b: 36.2677), LabColor(l: 60.4626, a: -34.1751, b: 39.4387), 1.2644),
      (LabColor(l: 2.0776, a: 0.0795, b: -1.135), LabColor(l: 0.9033, a: -0.0636, b: -0.5514), 0.9082),
    ]
    // The table gives four decimals.
    for (first, second, expected) in pairs {
      #expect(abs(first.difference(from: second) - expected) < 0.000_06)
      #expect(abs(second.difference(from: first) - expected) < 0.000_06)
    }
  }

  @Test("Colours that only normal sight tells apart count as alike")
  func colorVision() {
    // A red and a green of equal lightness to deuteranopic eyes.
    let (red, green) = (Color.rgb(190, 60, 40), Color.rgb(116, 106, 40))
    let normal = LabColor(linear: red.linear ?? (0, 0, 0)).difference(from: LabColor(linear: green.linear ?? (0, 0, 0)))
    #expect(normal > 20 && red.difference(from: green) < 10)
  }

  @Test("A theme made for btop may say what we do not know; it is left out and named")
  func foreign() {
    let (theme, problems) = ThemeParser.parseForeign(
      text: "theme[title]=\"#ffffff\"\ntheme[gpu_box]=\"#123456\"\ntheme[hi_fg]=\"#12\" \nnonsense\n", name: "x")
    #expect(theme.title == .rgb(255, 255, 255))
    #expect(problems.map(\.line) == [2, 4])
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
