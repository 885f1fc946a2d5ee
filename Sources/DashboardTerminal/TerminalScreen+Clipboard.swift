import CNcurses
import Foundation

extension TerminalScreen {
  /// Most bytes of an encoded text that terminals take: xterm and tmux cut or drop what is longer.
  public static let clipboardLimit = 74_994

  /// Asks the terminal to put a text on the user's clipboard (OSC 52), also over ssh; false where it is too long or the
  /// terminal speaks no ANSI.
  ///
  /// Whether the terminal did is not known: many ask the user first, and tmux wants `set-clipboard on`.
  public func copy(_ text: String) -> Bool {
    let encoded = Data(text.utf8).base64EncodedString()
    guard isOpen, encoded.utf8.count <= Self.clipboardLimit else { return false }
    return terminal_send("\u{1B}]52;c;\(encoded)\u{7}")
  }
}
