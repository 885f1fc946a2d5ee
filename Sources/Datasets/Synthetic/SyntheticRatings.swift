import Foundation

/// Ratings that need no files: a rating is the affinity of a user for an item, plus noise of known variance.
///
/// Affinity comes from biases and from two latent factors of each user and item. No pair is rated twice, so validation
/// pairs are new. The same seed gives the same ratings for tables of the same size, whatever the counts.
public enum SyntheticRatings {
  /// Users by default.
  public static let defaultUsers = 200
  /// Items by default.
  public static let defaultItems = 150
  /// Training ratings by default.
  public static let defaultTrainCount = 24_000
  /// Validation ratings by default.
  public static let defaultValidationCount = 3_000
  /// Standard deviation of the noise: the root mean squared error of a network that knows every affinity.
  public static let noise = 0.5

  /// Mean squared error, in noise variances, of a network that has learned the factors.
  ///
  /// With the default counts embeddings with a small perceptron, trained with PyTorch, get to 1.15 to 1.35.
  private static let tolerance = 1.4

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
      Float(affinity + noise * random.normal())
    }
    let products = zip(parts.validation.users, parts.validation.items).map { factors.product(Int($0), Int($1)) }
    let product = products.reduce(0) { $0 + $1 * $1 } / Double(products.count)
    let variance = noise * noise
    let explanation =
      "the noise alone has mean squared error \(Figure.loss(variance)) (RMSE \(Figure.loss(noise))); a model that "
      + "knows only the biases of users and items has \(Figure.loss(variance + product))"
    return PairDataset(
      name: "ratings", isSynthetic: true, task: .rating, users: users, items: items,
      knownScore: KnownScore(.loss, .atMost, tolerance * variance, explanation: explanation), train: parts.train,
      validation: parts.validation)
  }
}
