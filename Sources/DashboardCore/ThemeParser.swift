/// Reads btop's theme format: lines of `theme[key]="value"`, comments from `#`, blank lines.
///
/// A value is `#RRGGBB`, `#BW` (two digits: a grey), `R G B` (three decimals) or empty (not set). Quotes may be missing.
/// Where a key comes twice the last one holds, as in btop.
public enum ThemeParser {
  /// The theme written in a text; an unknown key or a malformed value is an error, for a typing mistake should not go
  /// unseen.
  ///
  /// `name` is shown to the user and in errors.
  public static func parse(text: String, name: String) throws(ThemeError) -> Theme {
    Theme(name: name, palette: try palette(text: text, name: name))
  }

  /// The theme written in a text made for btop, which leaves out what it does not understand; so does this, and returns
  /// what that was.
  public static func parseForeign(text: String, name: String) -> (theme: Theme, problems: [ThemeError]) {
    var palette: [ThemeKey: Color] = [:]
    var problems: [ThemeError] = []
    for (index, line) in lines(of: text).enumerated() {
      do throws(ThemeError) {
        try read(line, number: index + 1, name: name, into: &palette)
      } catch { problems.append(error) }
    }
    return (Theme(name: name, palette: palette), problems)
  }

  /// The colours set in a text; keys set to nothing are left out, except `main_bg`, where that means the terminal's own.
  static func palette(text: String, name: String) throws(ThemeError) -> [ThemeKey: Color] {
    var palette: [ThemeKey: Color] = [:]
    for (index, line) in lines(of: text).enumerated() {
      try read(line, number: index + 1, name: name, into: &palette)
    }
    return palette
  }

  private static func lines(of text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }

  private static func read(
    _ rawLine: Substring, number: Int, name: String, into palette: inout [ThemeKey: Color]
  ) throws(ThemeError) {
    let line = trimmed(rawLine)
    if line.isEmpty || line.hasPrefix("#") { return }
    let (key, value) = try entry(line, name: name, number: number)
    if value.isEmpty {
      palette[key] = key == .mainBackground ? .default : nil
      return
    }
    guard let color = color(value) else {
      throw ThemeError(
        theme: name, line: number,
        problem: "the value \"\(value)\" of \(key.rawValue) is no colour: write \"#RRGGBB\", \"#BW\" or \"R G B\"")
    }
    palette[key] = color
  }

  private static func entry(_ line: Substring, name: String, number: Int) throws(ThemeError) -> (ThemeKey, String) {
    guard line.hasPrefix("theme["), let close = line.firstIndex(of: "]") else {
      throw ThemeError(
        theme: name, line: number, problem: "expected theme[key]=\"value\" or a comment, found \"\(line.prefix(40))\"")
    }
    let keyName = String(line[line.index(line.startIndex, offsetBy: 6)..<close])
    let rest = trimmed(line[line.index(after: close)...])
    guard rest.hasPrefix("=") else {
      throw ThemeError(theme: name, line: number, problem: "expected = after theme[\(keyName)]")
    }
    guard let key = ThemeKey(rawValue: keyName) else {
      let nearest = NearestName.nearest(to: keyName, among: ThemeKey.allCases.map(\.rawValue)) ?? ""
      throw ThemeError(
        theme: name, line: number, problem: "unknown key \"\(keyName)\": did you mean \"\(nearest)\"?")
    }
    let value = trimmed(rest.dropFirst())
    guard value.hasPrefix("\"") else { return (key, String(value)) }
    let inner = value.dropFirst()
    guard let quote = inner.firstIndex(of: "\"") else {
      throw ThemeError(theme: name, line: number, problem: "the value of \(keyName) lacks its closing quote")
    }
    return (key, String(trimmed(inner[..<quote])))
  }

  private static func color(_ value: String) -> Color? {
    if value.hasPrefix("#") {
      let digits = value.dropFirst()
      guard digits.allSatisfy(\.isHexDigit), let number = UInt32(digits, radix: 16) else { return nil }
      func byte(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: number >> shift) }
      switch digits.count {
      case 2: return .rgb(byte(0), byte(0), byte(0))
      case 6: return .rgb(byte(16), byte(8), byte(0))
      default: return nil
      }
    }
    let parts = value.split(separator: " ").map { UInt8($0) }
    guard parts.count == 3, let r = parts[0], let g = parts[1], let b = parts[2] else { return nil }
    return .rgb(r, g, b)
  }

  private static func trimmed(_ text: some StringProtocol) -> Substring {
    var slice = Substring(text)
    while let first = slice.first, first.isWhitespace { slice.removeFirst() }
    while let last = slice.last, last.isWhitespace { slice.removeLast() }
    return slice
  }
}
