/// Why there is no examination.
public enum DoctorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// fp32 itself does not train: no precision helps.
  case diverged(String)
  /// The caller asked to stop.
  case givenUp
  /// The examination cannot be made as asked for.
  case request(String)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .diverged(let message), .request(let message): message
    case .givenUp: "given up"
    }
  }
}
