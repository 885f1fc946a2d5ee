/// A run that cannot be set up or go on.
public struct TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what to do.
  public var message: String

  /// Creates an error.
  public init(_ message: String) { self.message = message }

  /// The message.
  public var description: String { message }
}
