/// How a cell is drawn besides its colours.
public struct TextAttributes: OptionSet, Sendable, Hashable {
  /// The attributes as bits.
  public let rawValue: UInt8

  /// Attributes from their bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Heavier, or brighter where the terminal has one weight.
  public static let bold = TextAttributes(rawValue: 1)
  /// Fainter.
  public static let dim = TextAttributes(rawValue: 2)
  /// Underlined.
  public static let underline = TextAttributes(rawValue: 4)
  /// Foreground and background exchanged.
  public static let reverse = TextAttributes(rawValue: 8)
}

/// Colours and attributes of a cell.
public struct Style: Sendable, Hashable {
  /// Colour of the glyph.
  public var foreground: Color
  /// Colour behind the glyph.
  public var background: Color
  /// Bold, dim, underline, reverse.
  public var attributes: TextAttributes

  /// The terminal's own colours, no attributes.
  public static let plain = Style()

  /// Creates a style.
  public init(foreground: Color = .default, background: Color = .default, attributes: TextAttributes = []) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  /// The style without colours, as a terminal without colours shows it.
  public var monochrome: Style { Style(attributes: attributes) }

  /// The same style in bold.
  var bold: Style { adding(.bold) }

  func adding(_ more: TextAttributes) -> Style {
    Style(foreground: foreground, background: background, attributes: attributes.union(more))
  }
}
