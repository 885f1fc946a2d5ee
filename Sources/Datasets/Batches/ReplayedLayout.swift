import SafetensorsFormat
import TensorCore

/// How the tensors `x` and `y` of a file of batches lie: their element types and shapes, by what a network learns.
enum ReplayedLayout {
  /// A label a sample.
  case classes
  /// A label a pixel.
  case pixels
  /// Token sequences and their next tokens.
  case tokens
  /// Users and items with a number each.
  case pairs

  /// The layout of a task; without one, the layout that y's element type and rank imply.
  init(of task: LearningTask?, y: SafetensorsTensor, path: String) throws {
    switch task {
    case .classification: self = .classes
    case .segmentation: self = .pixels
    case .language: self = .tokens
    case .interaction, .rating: self = .pairs
    case nil:
      switch (y.dtype, y.shape.count) {
      case (.f32, 3):
        throw DatasetError(
          .badSetting, "\(path): y is F32 of three dimensions; say whether it holds interactions or ratings")
      case (_, 3): self = .tokens
      case (_, 4): self = .pixels
      default: self = .classes
      }
    }
  }

  /// Throws `DatasetError` unless element types and shapes are those of the layout.
  func check(x: SafetensorsTensor, y: SafetensorsTensor, path: String) throws {
    for (tensor, expected) in [(x, inputType), (y, targetType)] where tensor.dtype != expected {
      throw DatasetError(
        .malformed,
        "\(path): \(tensor.name) is \(tensor.dtype.rawValue), expected \(expected.rawValue); convert it before saving")
    }
    guard hasInputShape(x.shape), !x.shape.contains(0) else {
      throw DatasetError(
        .malformed, "\(path): x has shape \(x.shape), expected \(inputShapes), none of them 0")
    }
    let expected = targetShape(x.shape)
    guard y.shape == expected else {
      throw DatasetError(.mismatch, "\(path): y has shape \(y.shape), expected \(expected) for x of \(x.shape)")
    }
  }

  /// Element type of x as batches hold it.
  var inputElement: DType { inputType == .f32 ? .float32 : .int64 }

  private var inputType: SafetensorsDType {
    switch self {
    case .classes, .pixels: .f32
    case .tokens, .pairs: .i64
    }
  }

  private var targetType: SafetensorsDType { self == .pairs ? .f32 : .i64 }

  private var inputShapes: String {
    switch self {
    case .classes: "[steps, batch, C, H, W] or [steps, batch, features]"
    case .pixels: "[steps, batch, C, H, W]"
    case .tokens: "[steps, batch, T]"
    case .pairs: "[steps, batch, 2]"
    }
  }

  private func hasInputShape(_ shape: [Int]) -> Bool {
    switch self {
    case .classes: shape.count == 3 || shape.count == 5
    case .pixels: shape.count == 5
    case .tokens: shape.count == 3
    case .pairs: shape.count == 3 && shape[2] == 2
    }
  }

  private func targetShape(_ x: [Int]) -> [Int] {
    switch self {
    case .classes: Array(x.prefix(2))
    case .pixels: Array(x.prefix(2) + x.suffix(2))
    case .tokens: x
    case .pairs: Array(x.prefix(2)) + [1]
    }
  }
}
