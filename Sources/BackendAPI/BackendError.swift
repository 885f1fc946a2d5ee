/// A device could not do what was asked.
public struct BackendError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong, where, and what to do.
  public var message: String

  /// Creates an error.
  public init(_ message: String) { self.message = message }

  /// The message.
  public var description: String { message }

  /// The state has no entry of that name.
  public static func unknownEntry(_ name: String) -> BackendError {
    BackendError("the state has no tensor called \"\(name)\"; `ampscope inspect` lists the names")
  }
}
