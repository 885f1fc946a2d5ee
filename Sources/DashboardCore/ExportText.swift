/// The text of an export in pieces, so that a long one can be made and written bit by bit, on another thread.
///
/// A snapshot: what the state takes in later is not in it.
public struct ExportText: Sendable {
  /// Number of pieces.
  public let count: Int
  private let piece: @Sendable (Int) -> String

  /// A text whose piece of an index is made when it is asked for.
  public init(count: Int, piece: @escaping @Sendable (Int) -> String) {
    (self.count, self.piece) = (max(0, count), piece)
  }

  /// A text in one piece.
  public init(_ text: @escaping @Sendable () -> String) { self.init(count: 1) { _ in text() } }

  /// A piece, made anew at every call.
  public subscript(index: Int) -> String { piece(index) }

  /// The whole text.
  public var text: String { (0..<count).reduce(into: "") { $0 += piece($1) } }
}
