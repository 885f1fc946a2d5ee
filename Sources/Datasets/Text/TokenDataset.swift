import TensorCore

/// Sequences of tokens below 256: inputs int64 [T], targets the tokens that follow each of them, int64 [T].
public struct TokenDataset: Dataset {
  /// Name, for example "fortunes".
  public let name: String
  /// True where the tokens were generated from a seed rather than read.
  public let isSynthetic: Bool
  /// Next-token prediction over the vocabulary.
  public let task: LearningTask
  /// One sample: int64 [T].
  public let input: SampleType
  /// For a synthetic set the score that a network reaches once it has learned the task.
  public let knownScore: KnownScore?
  private let train: TokenWindows
  private let validation: TokenWindows

  /// Tokens of a sample by default.
  public static let defaultSequenceLength = 64
  /// Tokens of a sample at most.
  static let longestSequence = 65_536

  /// Text as bytes (a vocabulary of 256), its last tenth held out for validation.
  ///
  /// `count(of:)` counts windows that do not overlap. A view of the training split moves them all by the same number of
  /// tokens, 0 to T − 1, so that an epoch draws a token once, and epochs draw it in every place of a sample.
  /// Validation windows stand still. Throws `DatasetError` if T is not 1 to 65,536 or there is not one window in each
  /// split.
  public init(name: String, text: [UInt8], sequenceLength: Int) throws {
    try TokenDataset.check(sequenceLength)
    let held = text.count / 10
    self.init(
      name: name, isSynthetic: false, vocabulary: 256, knownScore: nil,
      train: TokenWindows(
        Array(text.dropLast(held)), length: sequenceLength, stride: sequenceLength, offsets: sequenceLength),
      validation: TokenWindows(Array(text.suffix(held)), length: sequenceLength, stride: sequenceLength))
    guard train.count > 0, validation.count > 0 else {
      throw DatasetError(
        .mismatch,
        "\(name): \(text.count) bytes of text are too few for sequences of \(sequenceLength), "
          + "\(10 * (sequenceLength + 1)) are needed; take more text or shorter sequences")
    }
  }

  /// Windows that are known to fit each other.
  init(
    name: String, isSynthetic: Bool, vocabulary: Int, knownScore: KnownScore?, train: TokenWindows,
    validation: TokenWindows
  ) {
    self.name = name
    self.isSynthetic = isSynthetic
    task = .language(vocabulary: vocabulary)
    input = SampleType(.int64, [train.length])
    self.knownScore = knownScore
    self.train = train
    self.validation = validation
  }

  /// Throws `DatasetError` unless sequences can be that long.
  static func check(_ sequenceLength: Int) throws {
    guard (1...longestSequence).contains(sequenceLength) else {
      throw DatasetError(.badSetting, "sequence length \(sequenceLength): expected 1 to \(longestSequence)")
    }
  }

  /// Number of windows that do not overlap.
  public func count(of split: Split) -> Int { windows(of: split).count }

  /// Writes windows and the tokens that follow each of theirs.
  ///
  /// In the training split all windows begin `variation` mod T tokens later where text was read. Throws `DatasetError`
  /// if an index is outside the split or a buffer does not fit. Allocates nothing.
  public func fill(
    _ split: Split, _ indices: ArraySlice<Int>, variation: UInt64, inputs: UnsafeMutableRawBufferPointer,
    targets: UnsafeMutableRawBufferPointer
  ) throws {
    try check(split, indices, inputs, targets)
    let windows = windows(of: split)
    let offset = Int(variation % UInt64(windows.offsets))
    windows.write(indices, offset: offset, inputs: inputs, targets: targets)
  }

  private func windows(of split: Split) -> TokenWindows {
    switch split {
    case .train: train
    case .validation: validation
    }
  }
}
