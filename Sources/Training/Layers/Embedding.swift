public import GraphIR
import TensorCore

/// A row of a table for every index (torch.nn.Embedding).
///
/// Takes indices int64 of any shape (…), gives (…, width). An index outside the table gives NaN.
///
/// Parameter "weight" (count, width).
public struct Embedding: Layer {
  /// Rows of the table.
  public let count: Int
  /// Length of a row.
  public let width: Int
  private let initializer: Initializer

  /// Creates a table; rows start standard normal, as torch's, unless stated.
  public init(_ count: Int, _ width: Int, initializer: Initializer = .normal(standardDeviation: 1)) {
    self.count = count
    self.width = width
    self.initializer = initializer
  }

  /// Builds the layer.
  ///
  /// Throws `GraphError` where x holds no indices.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["count": count, "width": width], "embedding", in: builder)
    return try builder.apply(.embedding, try builder.parameter("weight", [count, width], initializer), x)
  }
}
