/// Extents of a tensor, outermost first.
///
/// Activations of rank 4 are (N, C, H, W) here; in memory they lie as N, H, W, C.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The extents.
  public var dimensions: [Int]

  /// A shape with these extents.
  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  /// A shape with these extents.
  public init(arrayLiteral elements: Int...) { dimensions = elements }

  /// The shape of a single number.
  public static let scalar = Shape([])

  /// Number of dimensions.
  public var rank: Int { dimensions.count }

  /// Number of elements.
  public var count: Int { dimensions.reduce(1, *) }

  /// The extent of one dimension.
  public subscript(_ index: Int) -> Int { dimensions[index] }

  /// For example "(128, 1, 28, 28)".
  public var description: String { "(" + dimensions.map(String.init).joined(separator: ", ") + ")" }
}

/// Format and extents of a tensor.
public struct TensorType: Sendable, Hashable, CustomStringConvertible {
  /// Element format.
  public var dtype: DType
  /// Extents.
  public var shape: Shape

  /// A type of that format and those extents.
  public init(_ dtype: DType, _ shape: Shape) {
    self.dtype = dtype
    self.shape = shape
  }

  /// Bytes of a dense tensor of this type.
  public var byteCount: Int { shape.count * dtype.size }

  /// For example "bf16(128, 32)".
  public var description: String { "\(dtype.rawValue)\(shape)" }
}
