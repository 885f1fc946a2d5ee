/// Why a theme file could not be read.
public struct ThemeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Name of the theme or path of its file.
  public var theme: String
  /// Line, from 1.
  public var line: Int
  /// What is wrong there and what to write instead.
  public var problem: String

  /// Creates an error.
  public init(theme: String, line: Int, problem: String) {
    self.theme = theme
    self.line = line
    self.problem = problem
  }

  /// The error in one line.
  public var description: String { "theme \(theme), line \(line): \(problem)" }
}
