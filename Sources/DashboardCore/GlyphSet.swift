/// Which characters a terminal and its font can draw.
public enum GlyphSet: String, CaseIterable, Sendable, Hashable {
  /// Braille dots, box drawing, block elements.
  case unicode
  /// Printable ASCII only.
  case ascii
}

/// Views draw with box-drawing and block characters; where only ASCII can be shown, each is replaced one for one.
///
/// Plots are not: they choose their own marks, for a braille pattern has no single ASCII counterpart.
enum ASCIIFallback {
  /// The printable ASCII character that stands for a character.
  static func character(for scalar: Unicode.Scalar) -> Unicode.Scalar {
    if scalar.value >= 0x20, scalar.value < 0x7F { return scalar }
    return table[scalar] ?? "?"
  }

  private static let table: [Unicode.Scalar: Unicode.Scalar] = [
    "─": "-", "━": "=", "│": "|", "┃": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "├": "+", "┤": "+", "┬": "+",
    "┴": "+", "┼": "+", "┊": ":", "╌": "-", "┈": ".", "└": "+", "┘": "+", "┐": "+", "┌": "+",
    "█": "#", "▓": "%", "▒": "=", "░": ":", "▀": "#", "▄": "#", "▁": "_", "▂": "_", "▃": ".", "▅": "-", "▆": "=",
    "▇": "*", "▏": "|", "▎": "|", "▍": "|", "▌": "|", "▋": "#", "▊": "#", "▉": "#", "▐": "|",
    "¹": "1", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "■": "#", "═": "~", "▲": "^", "▼": "v",
    "✕": "x",
    "▶": ">",
    "▷": ">", "◀": "<", "→": ">", "←": "<", "↑": "^", "↓": "v", "●": "*", "○": "o",
    "·": ".", "×": "x", "÷": "/", "–": "-", "−": "-", "—": "-", "…": "~", "≈": "~", "±": "+", "∞": "8", "²": "2",
    "“": "\"", "”": "\"", "’": "'", "µ": "u", "°": "o", "✓": "v", "≥": ">", "≤": "<", "∆": "d", "Δ": "d",
  ]
}
