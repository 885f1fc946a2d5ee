import Foundation

/// Interactions that need no files: whether a user takes an item, drawn with a probability that is known.
///
/// The probability is the logistic function of three affinities (see `SyntheticRatings`), so that even a network that
/// knows them all is often wrong: the Bayes accuracy and the Bayes log loss are computed from the true probabilities of
/// the validation pairs. The same seed gives the same interactions for tables of the same size, whatever the counts.
public enum SyntheticInteractions {
  /// Users by default.
  public static let defaultUsers = 200
  /// Items by default.
  public static let defaultItems = 150
  /// Training pairs by default.
  public static let defaultTrainCount = 24_000
  /// Validation pairs by default.
  public static let defaultValidationCount = 3_000

  /// What an affinity is multiplied by to become a logit.
  static let steepness = 3.0
  /// Accuracy that a network may lie below the Bayes accuracy.
  ///
  /// With the default counts embeddings with a small perceptron, trained with PyTorch, stay 0.02 below it.
  private static let tolerance = 0.04

  /// Generates a data set.
  ///
  /// Throws `DatasetError` if a table is empty, a count not positive, or users and items make fewer pairs than asked
  /// for, or more than 10,000,000.
  public static func generate(
    seed: UInt64, users: Int = defaultUsers, items: Int = defaultItems, trainCount: Int = defaultTrainCount,
    validationCount: Int = defaultValidationCount
  ) throws -> PairDataset {
    let factors = try LatentFactors(seed: seed, users: users, items: items)
    let parts = try factors.draw(train: trainCount, validation: validationCount) { affinity, random in
      random.unit() < probability(affinity) ? 1 : 0
    }
    let bayes = bayes(
      zip(parts.validation.users, parts.validation.items).map { probability(factors.affinity(Int($0), Int($1))) })
    let explanation =
      "a network that knows every probability is right on \(Figure.percent(bayes.accuracy)) (Bayes accuracy) with log "
      + "loss \(Figure.loss(bayes.logLoss)); labels are drawn"
    return PairDataset(
      name: "interactions", isSynthetic: true, task: .interaction, users: users, items: items,
      knownScore: KnownScore(.accuracy, .atLeast, bayes.accuracy - tolerance, explanation: explanation),
      train: parts.train, validation: parts.validation)
  }

  /// Probability of an interaction.
  static func probability(_ affinity: Double) -> Double { 1 / (1 + exp(-steepness * affinity)) }

  /// What the best classifier expects on pairs of given probabilities: share of right answers, and nats a pair.
  static func bayes(_ probabilities: [Double]) -> (accuracy: Double, logLoss: Double) {
    let count = Double(max(1, probabilities.count))
    let accuracy = probabilities.reduce(0) { $0 + max($1, 1 - $1) } / count
    let logLoss = probabilities.reduce(0.0) { sum, p in
      [p, 1 - p].reduce(sum) { $1 > 0 ? $0 - $1 * log($1) : $0 }
    }
    return (accuracy, logLoss / count)
  }
}
