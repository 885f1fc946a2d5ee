public import Foundation

/// What is wrong with data that was asked for: names the file or the setting, and says what to do.
public struct DatasetError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// The kinds of trouble.
  public enum Kind: Sendable, Hashable {
    /// A file is not there.
    case missing
    /// A file is there and cannot be read.
    case unreadable
    /// A file ends before its contents do.
    case truncated
    /// A file holds something other than what its name promises.
    case malformed
    /// Images and labels, or two splits, do not fit each other.
    case mismatch
    /// A label outside the classes.
    case labelOutOfRange
    /// There is no data set of that name.
    case unknownName
    /// A setting that cannot be met: a batch of 0, or one larger than the data.
    case badSetting
    /// A sample or an attempt past the end of the data.
    case outOfRange
  }

  /// What kind of trouble.
  public var kind: Kind
  /// What is wrong and what to do, in one line.
  public var description: String

  /// Creates an error.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// The same line.
  public var errorDescription: String? { description }
}
