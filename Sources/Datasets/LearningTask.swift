import TensorCore

/// What a network learns from a data set: the meaning of targets, and the loss that goes with it.
public enum LearningTask: Sendable, Hashable {
  /// One class a sample: targets int64 [], 0 to `classes` − 1. Cross-entropy.
  case classification(classes: Int)
  /// One class a pixel: targets int64 [H, W], 0 to `classes` − 1. Cross-entropy.
  case segmentation(classes: Int)
  /// The next token at every place: inputs int64 [T], targets int64 [T], both 0 to `vocabulary` − 1. Cross-entropy.
  case language(vocabulary: Int)
  /// Whether a user took an item: inputs int64 [2] (user, item), targets float32 [1], 0 or 1. Binary cross-entropy with
  /// logits.
  case interaction
  /// How a user rated an item: inputs int64 [2] (user, item), targets float32 [1]. Mean squared error.
  case rating

  /// Number of classes that a target chooses among; nil where a target is a number.
  public var classCount: Int? {
    switch self {
    case .classification(let count), .segmentation(let count), .language(let count): count
    case .interaction, .rating: nil
    }
  }

  /// One word for messages.
  public var name: String {
    switch self {
    case .classification: "classification"
    case .segmentation: "segmentation"
    case .language: "language"
    case .interaction: "interaction"
    case .rating: "rating"
    }
  }

  /// Type of the target of one sample.
  public func target(of input: SampleType) -> SampleType {
    switch self {
    case .classification: SampleType(.int64, [])
    case .segmentation: SampleType(.int64, Array(input.shape.suffix(2)))
    case .language: SampleType(.int64, input.shape)
    case .interaction, .rating: SampleType(.float32, [1])
    }
  }
}
