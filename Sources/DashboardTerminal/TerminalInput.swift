public import DashboardCore

/// One thing that happened at the terminal while the program waited.
public enum TerminalInput: Sendable, Hashable {
  /// A key was pressed. Ctrl-C and Ctrl-Z are keys like the others.
  case key(DashboardKey)
  /// The mouse was used.
  case mouse(DashboardMouse)
  /// The terminal has this many columns and rows now; everything must be drawn again.
  case resize(width: Int, height: Int)
  /// The process was stopped, or sent to the background, and is back in front. The last grid is on the screen already.
  case resumed
  /// SIGINT, SIGTERM, SIGHUP or SIGQUIT came: finish, close the screen, then `TerminalScreen.endProcess(bySignal:)`.
  case signal(Int32)
  /// The terminal is gone: nobody reads what is drawn, and no key will come any more.
  case hangup
  /// `TerminalScreen.wake()` was called.
  case wake
}

/// Columns and rows of a terminal.
public struct TerminalSize: Sendable, Hashable {
  /// Columns, at least 1.
  public var width: Int
  /// Rows, at least 1.
  public var height: Int

  /// Creates a size.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}
