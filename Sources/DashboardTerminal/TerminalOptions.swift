public import DashboardCore

/// Which colours to use.
public enum ColorChoice: Sendable, Hashable {
  /// What the terminal says it can show; none if the variable `NO_COLOR` is set.
  case automatic
  /// This depth, whatever the terminal and `NO_COLOR` say.
  case fixed(ColorDepth)

  /// Spellings of a `--color` option.
  public static let spellings = ["auto", "truecolor", "256", "16", "8", "none"]

  /// The choice of that spelling; nil if there is none.
  public init?(spelling: String) {
    switch spelling.lowercased() {
    case "auto": self = .automatic
    case "truecolor", "24bit": self = .fixed(.trueColor)
    case "256": self = .fixed(.palette256)
    case "16": self = .fixed(.palette16)
    case "8": self = .fixed(.palette8)
    case "none": self = .fixed(.monochrome)
    default: return nil
    }
  }
}

/// How to open a terminal.
public struct TerminalOptions: Sendable, Hashable {
  /// Which colours to use.
  public var color: ColorChoice
  /// Which characters to draw; nil: what the locale says.
  public var glyphs: GlyphSet?
  /// Whether the mouse belongs to the program (presses, drags, wheel) rather than to the terminal (text selection).
  public var mouse: Bool

  /// Creates options; what is left out is found out from the terminal.
  public init(color: ColorChoice = .automatic, glyphs: GlyphSet? = nil, mouse: Bool = true) {
    self.color = color
    self.glyphs = glyphs
    self.mouse = mouse
  }
}

/// Whether a full screen can be opened.
public enum TerminalAvailability: Sendable, Hashable {
  /// It can.
  case dashboard
  /// It cannot, for this reason, in words: write plain lines instead.
  case plain(reason: String)
}

/// Why a terminal did not open.
public enum TerminalError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is none that could show a dashboard.
  case unavailable(reason: String)
  /// This process has one open already.
  case alreadyOpen
  /// No memory or file descriptors were left, with errno.
  case noResources(Int32)
  /// ncurses cannot drive a terminal of this type.
  case refused(type: String)

  /// What went wrong and what to do.
  public var description: String {
    switch self {
    case .unavailable(let reason): "no dashboard: \(reason)"
    case .alreadyOpen: "the terminal is already open: close the first screen before opening a second"
    case .noResources(let code): "no memory or file descriptors left for the terminal (errno \(code)): free some"
    case .refused(let type): "ncurses cannot drive a terminal of type \(type): set TERM to what the terminal really is"
    }
  }
}
