/// The score that a network reaches on the validation split of a synthetic set once it has learned the task.
///
/// Known because the set was made: from its entropy, its noise, or how well its classes can be told apart at all.
public struct KnownScore: Sendable, Hashable {
  /// What is measured.
  public enum Metric: String, Sendable, Hashable {
    /// Share of correct answers, 0 to 1: samples, pixels, tokens, or the right side of 0.5.
    case accuracy
    /// The task's loss, mean over the split.
    case loss
  }

  /// On which side of the value the score lies.
  public enum Comparison: String, Sendable, Hashable {
    /// The value or more.
    case atLeast = "at least"
    /// The value or less.
    case atMost = "at most"
  }

  /// What is measured.
  public var metric: Metric
  /// The score.
  public var value: Double
  /// On which side of it a network that has learned the task lies.
  public var comparison: Comparison
  /// Why, in one line, with the figures that the value comes from.
  public var explanation: String

  /// Creates a score.
  public init(_ metric: Metric, _ comparison: Comparison, _ value: Double, explanation: String) {
    self.metric = metric
    self.comparison = comparison
    self.value = value
    self.explanation = explanation
  }

  /// Whether a measured score is one of a network that has learned the task; never for a NaN.
  public func isReached(by measured: Double) -> Bool {
    switch comparison {
    case .atLeast: measured >= value
    case .atMost: measured <= value
    }
  }
}
