/// The settings as a file: TOML with one `key = value` a line, for keys and values see `Setting`.
public enum SettingsFile {
  /// A line that could not be used.
  public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Line, from 1.
    public var line: Int
    /// What is wrong there and what to write instead.
    public var text: String

    /// The problem in one line.
    public var description: String { "line \(line): \(text)" }
  }

  /// The settings of a dashboard as text.
  public static func text(of state: DashboardState) -> String {
    var lines = ["# How ampscope looks; written by its options menu (O, then s)."]
    for setting in Setting.allCases {
      let value = state.text(of: setting)
      let isNumber = setting == .smoothing || setting == .leftShare
      lines.append("\(setting.rawValue) = \(isNumber ? value : "\"\(value)\"")")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Changes a dashboard's settings to those in a text.
  ///
  /// Lines that cannot be used are returned and leave their setting as it was. Understood of TOML are comments, blank
  /// lines, bare keys, basic strings without escapes, numbers and booleans.
  public static func apply(_ text: String, to state: inout DashboardState) -> [Problem] {
    var problems: [Problem] = []
    for (index, rawLine) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = trimmed(rawLine)
      if line.isEmpty || line.hasPrefix("#") { continue }
      if let problem = apply(line, to: &state) { problems.append(Problem(line: index + 1, text: problem)) }
    }
    return problems
  }

  private static func apply(_ line: Substring, to state: inout DashboardState) -> String? {
    guard let equals = line.firstIndex(of: "=") else { return "expected key = value, found \"\(line.prefix(40))\"" }
    let name = String(trimmed(line[..<equals]))
    guard let setting = Setting(rawValue: name) else {
      return "unknown key \"\(name)\"\(NearestName.hint(for: name, among: Setting.allCases.map(\.rawValue)))"
    }
    var value = trimmed(line[line.index(after: equals)...])
    if value.hasPrefix("\"") {
      let inner = value.dropFirst()
      guard let quote = inner.firstIndex(of: "\"") else { return "the value of \(name) lacks its closing quote" }
      value = inner[..<quote]
    } else if let comment = value.firstIndex(of: "#") {
      value = trimmed(value[..<comment])
    }
    return state.set(setting, to: String(value))
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var slice = text
    while let first = slice.first, first.isWhitespace { slice.removeFirst() }
    while let last = slice.last, last.isWhitespace { slice.removeLast() }
    return slice
  }
}
