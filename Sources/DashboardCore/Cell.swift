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

  /// Without a branch: screens compare all cells of two frames.
  public static func == (a: Cell, b: Cell) -> Bool {
    let (front, back) = (a.style.foreground, a.style.background)
    let colors = (front.bits ^ b.style.foreground.bits) | (back.bits ^ b.style.background.bits)
    let rest = UInt32(a.style.attributes.rawValue ^ b.style.attributes.rawValue)
    return (a.character.value ^ b.character.value) | colors | rest == 0
  }
}

extension Unicode.Scalar {
  /// What a cell shows for a scalar of foreign text: itself, "?" for controls and wide characters, nil (nothing) for
  /// those that take no room.
  ///
  /// Keeps escape sequences in messages and file names from reaching the terminal.
  var cellCharacter: Unicode.Scalar? {
    // What the dashboard itself is drawn with needs no look at the tables: ASCII, Latin-1, lines, blocks, braille.
    switch value {
    case 0x20..<0x7F, 0xA1...0xAC, 0xAE...0xFF, 0x2500...0x25FC, 0x2800...0x28FF: return self
    default: break
    }
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
