/// A network whose parts do not fit, found when the graph is built.
public struct GraphError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of mistake it is.
  public var code: Code
  /// The layer concerned, for example "features.0".
  public var layer: String
  /// What was found, what was expected, and what to do.
  public var message: String

  /// Kinds of mistakes.
  public enum Code: String, Sendable, Hashable {
    /// Extents do not fit.
    case shape
    /// Formats do not fit.
    case dtype
    /// A name is used twice or missing.
    case name
    /// A constant is out of range.
    case attribute
    /// The end of a step is in an order that would compute something else.
    case order
    /// Autocast refuses the operation.
    case banned
    /// A pass broke the graph: a mistake in this program.
    case invariant
  }

  /// Creates an error.
  public init(_ code: Code, layer: String, _ message: String) {
    self.code = code
    self.layer = layer
    self.message = message
  }

  /// For example "layer features.0: conv2d expects 3 input channels (weight (32, 3, 3, 3)), found x (128, 1, 28, 28)".
  public var description: String { layer.isEmpty ? message : "layer \(layer): \(message)" }
}
