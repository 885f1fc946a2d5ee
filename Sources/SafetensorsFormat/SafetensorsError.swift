public import Foundation

/// What is wrong with a safetensors file or a request to one: always names the file, and the tensor where there is one.
public struct SafetensorsError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// The kinds of trouble.
  public enum Kind: Sendable, Hashable {
    /// The file cannot be opened, read, created or renamed.
    case inputOutput
    /// The file ends before its header or its data does.
    case truncated
    /// The header is longer than 100 MB.
    case headerTooLarge
    /// The header is not the JSON that the format asks for.
    case malformedHeader
    /// A name or a field stands twice in the header.
    case duplicate
    /// An element type that this reader does not know.
    case unknownDType
    /// A shape and a data range of different sizes.
    case sizeMismatch
    /// A data range that overlaps another, leaves a hole, or lies outside the file.
    case badOffsets
    /// Bytes that belong to no tensor follow the data.
    case trailingBytes
    /// There is no tensor of that name.
    case missingTensor
    /// The tensor's element type cannot be read as asked.
    case wrongDType
    /// A range outside the tensor was asked for.
    case outOfRange
  }

  /// What kind of trouble.
  public var kind: Kind
  /// Path of the file.
  public var path: String
  /// Name of the tensor concerned; nil where it is the file.
  public var tensor: String?
  /// What is wrong, and what to do where something can be done.
  public var problem: String

  /// Creates an error.
  public init(_ kind: Kind, path: String, tensor: String? = nil, _ problem: String) {
    self.kind = kind
    self.path = path
    self.tensor = tensor
    self.problem = problem
  }

  /// One line: file, tensor, problem.
  public var description: String {
    guard let tensor else { return "\(path): \(problem)" }
    return "\(path): tensor \"\(tensor)\": \(problem)"
  }

  /// The same line.
  public var errorDescription: String? { description }
}
