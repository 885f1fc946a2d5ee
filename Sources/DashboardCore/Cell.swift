/// One character cell of the screen.
///
/// Always one column wide: wide and combining characters never get into a cell.
public struct Cell: Sendable, Hashable {
  /// What is shown.
  public var character: Unicode.Scalar
  /// How it is shown.
  public var style: Style

  /// Creates a cell; a space where no character is given.
  public init(character: Unicode.Scalar = " ", style: Style = .plain) {
    self.character = character
    self.style = style
  }
}

extension Unicode.Scalar {
  /// What a cell shows for a scalar of foreign text: itself, "?" for controls and wide characters, nil (nothing) for
  /// those that take no room.
  ///
  /// Keeps escape sequences in messages and file names from reaching the terminal.
  var cellCharacter: Unicode.Scalar? {
    if value >= 0x20, value < 0x7F { return self }
    switch properties.generalCategory {
    case .control, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return "?"
    case .nonspacingMark, .enclosingMark, .format: return nil
    default: return isWide ? "?" : self
    }
  }

  /// Whether terminals draw the scalar two columns wide (East Asian Width W or F, and emoji).
  private var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F000...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: properties.isEmojiPresentation
    }
  }
}
