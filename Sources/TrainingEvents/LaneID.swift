/// The place of a lane in its session: 0 is lane A, 1 is lane B, ….
///
/// Written as its letter in event files.
public struct LaneID: RawRepresentable, Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Zero-based index in the order of `--lanes`.
  public var rawValue: Int

  /// The lane at a zero-based index.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The lane at a zero-based index.
  public init(_ index: Int) { rawValue = index }

  /// The letter of the lane: "A", "B", … "Z".
  public var description: String {
    guard (0..<26).contains(rawValue) else { return "#\(rawValue)" }
    return String(UnicodeScalar(UInt8(65 + rawValue)))
  }

  /// The lane of a letter, upper or lower case; nil where it is none.
  public init?(letter: some StringProtocol) {
    let scalars = Array(letter.uppercased().unicodeScalars)
    guard scalars.count == 1, (65..<91).contains(scalars[0].value) else { return nil }
    rawValue = Int(scalars[0].value) - 65
  }

  /// Lanes are ordered by index.
  public static func < (a: LaneID, b: LaneID) -> Bool { a.rawValue < b.rawValue }

  /// Reads the letter of a lane; throws `DecodingError.dataCorrupted` if it is none.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard text == text.uppercased(), let lane = LaneID(letter: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a lane is a letter A to Z, found \"\(text)\""))
    }
    self = lane
  }

  /// Writes the letter of the lane.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
