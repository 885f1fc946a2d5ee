/// A key press, decoded.
public enum DashboardKey: Sendable, Hashable {
  /// A printable character.
  case character(Unicode.Scalar)
  /// Control and a letter, given in lower case: Ctrl-C is `.control("c")`.
  case control(Character)
  /// Return.
  case enter
  /// Escape.
  case escape
  /// Tab.
  case tab
  /// Shift and Tab.
  case backTab
  /// Cursor up.
  case up
  /// Cursor down.
  case down
  /// Cursor left.
  case left
  /// Cursor right.
  case right
  /// Shift and cursor left.
  case shiftLeft
  /// Shift and cursor right.
  case shiftRight
  /// Page up.
  case pageUp
  /// Page down.
  case pageDown
  /// Home.
  case home
  /// End.
  case end
  /// Backspace.
  case backspace
  /// Delete.
  case delete
  /// A function key, F1 is 1.
  case function(Int)
  /// Text pasted in one go; never taken for key presses.
  case paste(String)
}

/// What the mouse did.
public struct DashboardMouse: Sendable, Hashable {
  /// Column, from 0.
  public var x: Int
  /// Row, from 0.
  public var y: Int
  /// What happened there.
  public var kind: Kind

  /// The kinds of mouse input.
  public enum Kind: Sendable, Hashable {
    /// A button went down: 1 left, 2 middle, 3 right.
    case press(Int)
    /// A button went up.
    case release
    /// The mouse moved with a button down.
    case drag
    /// The wheel turned away from the user.
    case wheelUp
    /// The wheel turned towards the user.
    case wheelDown
  }

  /// Creates a mouse input.
  public init(x: Int, y: Int, kind: Kind) {
    self.x = x
    self.y = y
    self.kind = kind
  }
}
