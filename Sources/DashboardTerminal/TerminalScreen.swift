import CNcurses
public import DashboardCore
import Glibc

/// The terminal as a full screen: draws grids, reads keys, mouse and signals.
///
/// One thread opens it and makes every call but `wake()`. While it is open, nothing else may write to the terminal; what
/// the process prints to standard output and standard error is kept and shown after `close()`. The terminal gets its own
/// state back on every way out of the process but SIGKILL: `close()`, `exit` on any thread, a trap, abort or memory
/// fault on any thread (the process then dies of that signal, so that a shell sees 128 + signal). What a fault needs
/// from the thread it happens on is a little stack: an overflow is survived on the opening thread only.
///
/// Open it before starting threads: opening changes the environment for a moment.
public final class TerminalScreen {
  /// How many colours are used.
  public let colorDepth: ColorDepth
  /// Which characters the terminal can show.
  public let glyphs: GlyphSet
  /// The size that the last `wait` knew.
  public internal(set) var size: TerminalSize
  /// Whether the mouse belongs to the program; while false, the terminal selects text.
  public var mouse: Bool {
    didSet { terminal_set_mouse(mouse) }
  }

  var shown: CellGrid?
  var pairs: ColorPairTable
  var pairsRanOut = false
  var row: [terminal_cell] = []
  var meter = FrameMeter()

  var decoder = KeyDecoder()
  var lastInput: ContinuousClock.Instant
  var reportedSize: TerminalSize

  private(set) var isOpen = true

  /// Whether standard input and output are a terminal that can show a dashboard; if not, why.
  public static func availability() -> TerminalAvailability {
    switch TerminalEnvironment.current.usableType(lookUp: { terminal_entry_look_up($0) }) {
    case .success: .dashboard
    case .failure(let unusable): .plain(reason: unusable.reason)
    }
  }

  /// What lines printed to standard output may use: no colours where it is no terminal, unless they are asked for.
  public static func lineStyle(_ choice: ColorChoice = .automatic) -> (depth: ColorDepth, glyphs: GlyphSet) {
    let environment = TerminalEnvironment.current
    guard case .success((_, let colors)) = environment.usableType(lookUp: { terminal_entry_look_up($0) }) else {
      if case .fixed(let depth) = choice { return (depth, environment.glyphs) }
      return (.monochrome, environment.glyphs)
    }
    return (environment.depth(choice: choice, entryColors: colors), environment.glyphs)
  }

  /// Opens the terminal on standard input and output.
  ///
  /// Changes LC_CTYPE of the process to a UTF-8 locale and takes over SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT
  /// and SIGWINCH until `close()`.
  public static func open(_ options: TerminalOptions = TerminalOptions()) throws(TerminalError) -> TerminalScreen {
    try TerminalScreen(
      options: options, environment: .current, input: STDIN_FILENO, output: STDOUT_FILENO, capturesOutput: true)
  }

  /// Opens a terminal that is not the process's own, of type xterm-256color: a pseudo-terminal to measure on.
  ///
  /// What the process prints is not captured.
  package static func open(
    on descriptor: Int32, _ options: TerminalOptions
  ) throws(TerminalError) -> TerminalScreen {
    try TerminalScreen(
      options: options, environment: TerminalEnvironment(type: "xterm-256color", locale: "C.UTF-8"), input: descriptor,
      output: descriptor, capturesOutput: false)
  }

  init(
    options: TerminalOptions, environment: TerminalEnvironment, input: Int32, output: Int32, capturesOutput: Bool
  ) throws(TerminalError) {
    let type: String
    let entryColors: Int
    switch environment.usableType(lookUp: { terminal_entry_look_up($0) }) {
    case .success(let usable): (type, entryColors) = usable
    case .failure(let unusable): throw .unavailable(reason: unusable.reason)
    }
    let depth = environment.depth(choice: options.color, entryColors: entryColors)
    let status = type.withCString { type in
      var request = terminal_options(
        type: type, colors: TerminalEnvironment.escapes(for: depth, entryColors: entryColors), input: input,
        output: output, mouse: options.mouse, capture_output: capturesOutput)
      return terminal_open(&request)
    }
    switch status {
    case .TERMINAL_OPENED: break
    case .TERMINAL_ALREADY_OPEN: throw .alreadyOpen
    case .TERMINAL_NO_RESOURCES: throw .noResources(errno)
    case .TERMINAL_REFUSED: throw .refused(type: type)
    }
    colorDepth = depth
    glyphs = options.glyphs ?? environment.glyphs
    mouse = options.mouse
    size = Self.currentSize()
    reportedSize = size
    pairs = ColorPairTable(depth: depth, limit: terminal_pair_limit())
    lastInput = .now
  }

  deinit { close() }

  /// Leaves the full screen, gives the terminal its state back, then writes what was printed meanwhile to standard
  /// error.
  ///
  /// Calling it again does nothing, nor do the other calls after it.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    terminal_close()
  }

  /// Makes `wait` return on the thread that owns the screen.
  ///
  /// May be called from any thread; does nothing when no screen is open.
  public static func wake() { terminal_wake() }

  /// Ends the process by the default action of a signal, so that whoever started it sees which.
  ///
  /// A shell shows 128 + signal. Close the screen first.
  public static func endProcess(bySignal signal: Int32) -> Never { terminal_end_by_signal(signal) }

  /// Restores the terminal and stops the process group as Ctrl-Z does, then comes back when it continues.
  ///
  /// If it continues in the background (`bg`), the screen stays left, drawing does nothing and `wait` hears only signals
  /// and wakes, until the process is in front again.
  public func suspend() {
    guard isOpen else { return }
    terminal_suspend()
    terminal_stop_process()
    resume()
  }

  /// Enters the screen again after it was left; false while the process is in the background.
  @discardableResult
  func resume() -> Bool {
    guard terminal_is_suspended(), terminal_resume() else { return false }
    let last = shown
    shown = nil
    size = Self.currentSize()
    if let last { apply(last) }
    return true
  }

  static func currentSize() -> TerminalSize {
    var (columns, rows): (Int32, Int32) = (0, 0)
    terminal_size(&columns, &rows)
    return TerminalSize(width: Int(columns), height: Int(rows))
  }
}
