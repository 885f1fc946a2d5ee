import CNcurses
import DashboardCore
import Testing

@testable import DashboardTerminal

struct TerminalEnvironmentTests {
  /// A database with three types.
  private func lookUp(_ type: String) -> terminal_entry {
    switch type {
    case "xterm-256color": terminal_entry(status: .TERMINAL_ENTRY_USABLE, colors: 256)
    case "vt100": terminal_entry(status: .TERMINAL_ENTRY_USABLE, colors: 0)
    case "printer": terminal_entry(status: .TERMINAL_ENTRY_NO_ADDRESSING, colors: 0)
    default: terminal_entry(status: .TERMINAL_ENTRY_UNKNOWN, colors: 0)
    }
  }

  private func reason(_ environment: TerminalEnvironment) -> String? {
    guard case .failure(let unusable) = environment.usableType(lookUp: lookUp) else { return nil }
    return unusable.reason
  }

  @Test("the reason for plain output names what is missing")
  func unusable() {
    #expect(
      reason(TerminalEnvironment(type: "xterm-256color", outputIsTerminal: false))
        == "standard output is not a terminal")
    #expect(
      reason(TerminalEnvironment(type: "xterm-256color", inputIsTerminal: false)) == "standard input is not a terminal")
    #expect(reason(TerminalEnvironment()) == "the variable TERM is not set")
    #expect(reason(TerminalEnvironment(type: "dumb"))?.contains("TERM is dumb") == true)
    #expect(reason(TerminalEnvironment(type: "printer"))?.contains("no cursor addressing") == true)
    #expect(reason(TerminalEnvironment(type: "vt100")) == nil)
  }

  @Test("a type that the database does not know is driven as xterm-256color")
  func unknownType() throws {
    let usable = try TerminalEnvironment(type: "xterm-ghostty").usableType(lookUp: lookUp).get()
    #expect(usable.type == "xterm-256color")
    #expect(usable.colors == 256)
    let empty = TerminalEnvironment(type: "xterm-ghostty").usableType { _ in
      terminal_entry(status: .TERMINAL_ENTRY_UNKNOWN, colors: 0)
    }
    #expect(throws: TerminalEnvironment.Unusable.self) { try empty.get() }
  }

  @Test("the depth follows COLORTERM, the entry, NO_COLOR and the user's word, the last having the last word")
  func depth() {
    let plain = TerminalEnvironment(type: "t")
    #expect(plain.depth(choice: .automatic, entryColors: 256) == .palette256)
    #expect(plain.depth(choice: .automatic, entryColors: 88) == .palette16)
    #expect(plain.depth(choice: .automatic, entryColors: 8) == .palette8)
    #expect(plain.depth(choice: .automatic, entryColors: 0) == .monochrome)
    #expect(plain.depth(choice: .automatic, entryColors: 1 << 24) == .trueColor)
    var rich = TerminalEnvironment(type: "t", colorTerm: "truecolor")
    #expect(rich.depth(choice: .automatic, entryColors: 256) == .trueColor)
    #expect(rich.depth(choice: .automatic, entryColors: 0) == .monochrome)
    rich.isInsideGNUScreen = true
    #expect(rich.depth(choice: .automatic, entryColors: 256) == .palette256)
    rich.noColor = true
    #expect(rich.depth(choice: .automatic, entryColors: 256) == .monochrome)
    #expect(rich.depth(choice: .fixed(.palette16), entryColors: 256) == .palette16)
  }

  @Test("only a locale that names another character set speaks against Unicode")
  func glyphs() {
    for locale in [nil, "C", "POSIX", "C.UTF-8", "en_US.utf8", "de_DE.UTF-8@euro", "de_DE"] {
      #expect(TerminalEnvironment(type: "xterm", locale: locale).glyphs == .unicode, "\(locale ?? "none")")
    }
    for locale in ["de_DE.ISO-8859-1", "de_DE.ISO-8859-15@euro", "ja_JP.eucJP"] {
      #expect(TerminalEnvironment(type: "xterm", locale: locale).glyphs == .ascii, "\(locale)")
    }
    #expect(TerminalEnvironment(type: "linux", locale: "C.UTF-8").glyphs == .ascii)
  }

  @Test("every spelling of a colour choice is understood, and no other")
  func spellings() {
    for spelling in ColorChoice.spellings { #expect(ColorChoice(spelling: spelling) != nil, "\(spelling)") }
    #expect(ColorChoice(spelling: "256") == .fixed(.palette256))
    #expect(ColorChoice(spelling: "sepia") == nil)
  }
}
