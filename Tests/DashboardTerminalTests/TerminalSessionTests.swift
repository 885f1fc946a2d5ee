import Glibc
import Testing
import PseudoTerminals
import TerminalTesting

/// What goes in and out while the screen is open: a real program on a real pseudo-terminal.
struct TerminalSessionTests {
  @Test("keys, mouse and pastes arrive as what they are")
  func input() throws {
    let session = try ProbeSession()
    try session.wait(forReport: "drawn")
    session.terminal.type("\u{1B}[A\u{1B}OB\u{1B}[5~\u{1B}[15~\u{1B}[Zé\r\t\u{3}\u{13}")
    session.terminal.type("\u{1B}[1;2D\u{1B}[1;5C\u{1B}x\u{1B}[I")
    session.terminal.type("\u{1B}[<0;10;5M\u{1B}[<32;11;5M\u{1B}[<0;12;5m\u{1B}[<65;250;7M")
    session.terminal.type("\u{1B}[200~q\rq\u{1B}[201~")
    session.terminal.type("e")
    try session.wait(forReport: "character e")
    #expect(
      Array(session.reports.drop { $0 != "key up" }) == [
        "key up", "key down", "key pageUp", "key function(5)", "key backTab", "character é", "key enter", "key tab",
        "key control(\"c\")", "key control(\"s\")", "key shiftLeft", "key escape", "character x", "mouse 9 4 press(1)",
        "mouse 10 4 drag",
        "mouse 11 4 release",
        "mouse 249 6 wheelDown", "paste \"q\\nq\"", "character e",
      ])
    session.terminal.type("\u{1B}")
    try session.wait(forReport: "key escape")
    session.terminal.type("q")
    #expect(try session.waitForExit() == 0)
    #expect(session.terminal.unrestoredModes.isEmpty)
  }

  @Test("the mouse can be given back to the terminal")
  func mouseOff() throws {
    let session = try ProbeSession()
    try session.wait(forReport: "drawn")
    try session.wait(for: "mouse reports on") { $0.terminal.privateModes[1002] == true }
    session.terminal.type("m")
    try session.wait(for: "mouse reports off") { $0.terminal.privateModes[1002] == false }
    #expect(session.terminal.privateModes[1049] == true)
  }

  @Test("a storm of resizes while drawing ends at the last size")
  func resizeStorm() throws {
    let session = try ProbeSession()
    try session.wait(forReport: "drawn")
    for step in 0..<300 {
      session.terminal.resize(columns: 1 + step * 7 % 200, rows: 1 + step * 5 % 60)
      session.terminal.pump(milliseconds: 0)
    }
    session.terminal.resize(columns: 97, rows: 31)
    try session.wait(forReport: "resize 97x31")
    session.terminal.type("q")
    #expect(try session.waitForExit() == 0)
    #expect(session.reports.last { $0.hasPrefix("resize") } == "resize 97x31")
    #expect(session.terminal.unrestoredModes.isEmpty)
  }

  @Test(
    "any size works; none counts as 80x24",
    arguments: [(1, 1, "1x1"), (0, 0, "80x24"), (1, 50, "1x50"), (400, 2, "400x2"), (500, 200, "500x200")])
  func sizes(columns: Int, rows: Int, size: String) throws {
    let session = try ProbeSession(columns: columns, rows: rows)
    try session.wait(forReport: "drawn")
    #expect(session.reports[0].hasPrefix("open \(size) "))
    session.terminal.type("q")
    #expect(try session.waitForExit() == 0)
    #expect(session.terminal.unrestoredModes.isEmpty)
  }

  @Test(
    "colour escapes follow the environment",
    arguments: [
      (["COLORTERM": "truecolor"], "trueColor", "␛[38;2;255;128;0m"),
      (["COLORTERM": "24bit", "TERM": "tmux-256color"], "trueColor", "␛[38;2;255;128;0m"),
      (["COLORTERM": "truecolor", "TERM": "xterm-of-the-future"], "trueColor", "␛[38;2;255;128;0m"),
      (["COLORTERM": "truecolor", "STY": "1.pts"], "palette256", "38;5;208m"),
      ([:], "palette256", "38;5;208m"),
      (["TERM": "xterm"], "palette8", "␛[3"),
    ])
  func colors(environment: [String: String], depth: String, escape: String) throws {
    let session = try ProbeSession(environment: environment)
    try session.wait(forReport: "drawn")
    try session.wait(for: "the colour") { $0.terminal.text.contains(escape) }
    #expect(session.reports[0] == "open 80x24 \(depth) unicode")
    #expect(session.terminal.text.contains("38;2;") == (depth == "trueColor"))
    session.terminal.type("q")
    #expect(try session.waitForExit() == 0)
    // ncurses would reset the user's palette (OSC 104) on leaving if the entry said that it can be changed.
    #expect(!session.terminal.text.contains("␛]"))
  }

  @Test("no colour at all under NO_COLOR and on terminals without", arguments: [["NO_COLOR": "1"], ["TERM": "vt100"]])
  func monochrome(environment: [String: String]) throws {
    let session = try ProbeSession(environment: environment)
    try session.wait(forReport: "drawn")
    session.terminal.type("q")
    #expect(try session.waitForExit() == 0)
    #expect(session.reports[0].contains("monochrome"))
    #expect(session.terminal.text.firstMatch(of: /␛\[[0-9;]*(38|48|3[0-7]|4[0-7])[;m]/) == nil)
  }

  @Test("braille is drawn whatever the locale, short of one that names another character set")
  func locale() throws {
    for (locale, glyphs) in [("C", "unicode"), ("en_US.ISO-8859-1", "ascii")] {
      let session = try ProbeSession(environment: ["LC_ALL": locale])
      try session.wait(forReport: "drawn")
      try session.wait(for: "braille") { $0.terminal.text.contains("⠿") }
      #expect(session.reports[0].hasSuffix(glyphs))
    }
  }

  @Test("where no dashboard can be shown, nothing is written", arguments: ["dumb", ""])
  func plain(type: String) throws {
    let session = try ProbeSession(environment: ["TERM": type])
    #expect(try session.waitForExit() == 0)
    #expect(session.reports.count == 1 && session.reports[0].hasPrefix("plain "))
    #expect(session.terminal.output.isEmpty)
  }
}
