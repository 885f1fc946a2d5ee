/// A language that needs no files: sentences of a small probabilistic grammar whose entropy is known exactly.
///
/// 32 symbols. Words must agree over gaps of any length, so that a model that sees only the last token fails. Every
/// sample is a sequence of its own that begins behind a full stop. The same seed gives the same sequences, whatever the
/// counts.
public enum SyntheticGrammar {
  /// Training sequences by default.
  public static let defaultTrainCount = 8_000
  /// Validation sequences by default.
  public static let defaultValidationCount = 1_000
  /// Number of symbols.
  public static let vocabulary = AgreementGrammar.vocabulary

  /// Nats a token that a network may lie above the entropy: what is left after a few hundred steps, and the chance of
  /// the validation split (standard error below 0.01 with the default counts).
  private static let tolerance = 0.05

  /// Losses of the best models on sequences of T tokens, exact; a T below 1 counts as 1.
  public static func losses(sequenceLength: Int) -> GrammarLosses {
    AgreementGrammar().losses(length: max(1, sequenceLength))
  }

  /// Generates a data set.
  ///
  /// Validation sequences come from a stream of their own. Throws `DatasetError` if T is not 1 to 65,536 or a count not
  /// 1 to 1,000,000.
  public static func generate(
    seed: UInt64, sequenceLength: Int = TokenDataset.defaultSequenceLength, trainCount: Int = defaultTrainCount,
    validationCount: Int = defaultValidationCount
  ) throws -> TokenDataset {
    try TokenDataset.check(sequenceLength)
    try SampleCounts.check(train: trainCount, validation: validationCount, of: "sequences", most: 1_000_000)
    let losses = losses(sequenceLength: sequenceLength)
    let explanation =
      "the grammar's entropy is \(Figure.loss(losses.entropy)) nats a token, exact; the best model that sees only the "
      + "last token has \(Figure.loss(losses.bigram)), one that sees none \(Figure.loss(losses.unigram))"
    return TokenDataset(
      name: "grammar", isSynthetic: true, vocabulary: vocabulary,
      knownScore: KnownScore(.loss, .atMost, losses.entropy + tolerance, explanation: explanation),
      train: windows(seed, RandomPurpose.trainGrammar, sequenceLength, count: trainCount),
      validation: windows(seed, RandomPurpose.validationGrammar, sequenceLength, count: validationCount))
  }

  private static func windows(_ seed: UInt64, _ purpose: UInt64, _ length: Int, count: Int) -> TokenWindows {
    let grammar = AgreementGrammar()
    var tokens: [UInt8] = []
    tokens.reserveCapacity(count * (length + 1))
    for index in 0..<count {
      var random = KeyedRandom(seed: seed, purpose: purpose, place: UInt64(index))
      grammar.sample(length, to: &tokens, &random)
    }
    return TokenWindows(tokens, length: length, stride: length + 1)
  }
}
