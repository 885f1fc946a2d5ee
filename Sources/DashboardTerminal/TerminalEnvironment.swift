import CNcurses
import DashboardCore
import Glibc

/// What the environment says about the terminal, and what follows from it.
///
/// Pure but for `current`.
struct TerminalEnvironment: Sendable, Hashable {
  /// TERM.
  var type: String?
  /// COLORTERM.
  var colorTerm: String?
  /// Whether NO_COLOR is set and not empty (no-color.org).
  var noColor = false
  /// Whether the program runs inside GNU screen, which does not pass 24-bit colours on.
  var isInsideGNUScreen = false
  /// The locale's name: the first of LC_ALL, LC_CTYPE and LANG that is set and not empty.
  var locale: String?
  /// Whether standard input and output are terminals.
  var inputIsTerminal = true
  var outputIsTerminal = true

  /// The environment of this process.
  static var current: TerminalEnvironment {
    TerminalEnvironment(
      type: variable("TERM"),
      colorTerm: variable("COLORTERM"),
      noColor: variable("NO_COLOR") != nil,
      isInsideGNUScreen: variable("STY") != nil && variable("TMUX") == nil,
      locale: variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG"),
      inputIsTerminal: isatty(STDIN_FILENO) == 1,
      outputIsTerminal: isatty(STDOUT_FILENO) == 1)
  }

  /// The type to open and the number of colours of its entry, or why there is none.
  ///
  /// `lookUp` asks the terminfo database. Types that it does not know are driven as xterm-256color: terminals newer than
  /// the database (kitty, ghostty and others over ssh) all follow xterm.
  func usableType(lookUp: (String) -> terminal_entry) -> Result<(type: String, colors: Int), Unusable> {
    guard outputIsTerminal else { return .failure(Unusable(reason: "standard output is not a terminal")) }
    guard inputIsTerminal else { return .failure(Unusable(reason: "standard input is not a terminal")) }
    guard let type else { return .failure(Unusable(reason: "the variable TERM is not set")) }
    guard type != "dumb", type != "unknown" else {
      return .failure(Unusable(reason: "TERM is \(type): such a terminal has no cursor addressing"))
    }
    for candidate in [type, "xterm-256color"] {
      let entry = lookUp(candidate)
      switch entry.status {
      case .TERMINAL_ENTRY_USABLE: return .success((candidate, Int(entry.colors)))
      case .TERMINAL_ENTRY_NO_ADDRESSING:
        return .failure(Unusable(reason: "TERM is \(candidate): its terminfo entry has no cursor addressing"))
      case .TERMINAL_ENTRY_UNKNOWN: continue
      }
    }
    return .failure(
      Unusable(reason: "TERM is \(type): the terminfo database has neither this type nor xterm-256color"))
  }

  /// Why there is no dashboard.
  struct Unusable: Error {
    var reason: String
  }

  /// How many colours to use on a terminal whose entry has so many.
  func depth(choice: ColorChoice, entryColors: Int) -> ColorDepth {
    if case .fixed(let depth) = choice { return depth }
    if noColor { return .monochrome }
    let says24Bits = colorTerm == "truecolor" || colorTerm == "24bit"
    if says24Bits, !isInsideGNUScreen, entryColors >= 8 { return .trueColor }
    return switch entryColors {
    case (1 << 24)...: .trueColor
    case 256...: .palette256
    case 16...: .palette16
    case 8...: .palette8
    default: .monochrome
    }
  }

  /// The number of colours whose escapes the entry must have for a depth; 0 where its own will do.
  static func escapes(for depth: ColorDepth, entryColors: Int) -> Int32 {
    switch depth {
    case .trueColor: 1 << 24
    case .palette256: entryColors >= 256 && entryColors < 1 << 24 ? 0 : 256
    case .palette16: entryColors >= 16 && entryColors <= 256 ? 0 : 16
    case .palette8: entryColors >= 8 && entryColors <= 256 ? 0 : 16
    case .monochrome: 1
    }
  }

  /// Which characters the terminal can show.
  ///
  /// Only a locale that names another character set than UTF-8 speaks against Unicode: LANG=C says nothing about the
  /// terminal. The font of the Linux console has no braille.
  var glyphs: GlyphSet {
    if type == "linux" { return .ascii }
    guard let locale, let dot = locale.firstIndex(of: ".") else { return .unicode }
    let name = locale[locale.index(after: dot)...].prefix { $0 != "@" }
    return name.lowercased().filter { $0 != "-" } == "utf8" ? .unicode : .ascii
  }

  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value[0] != 0 else { return nil }
    return String(cString: value)
  }
}
