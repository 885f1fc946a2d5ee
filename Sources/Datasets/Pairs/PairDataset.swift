import TensorCore

/// Pairs of a user and an item with a number each: inputs int64 [2] (user, item), targets float32 [1].
public struct PairDataset: Dataset {
  /// Users, items and their numbers, one of each a sample.
  struct Part: Sendable {
    var users: [UInt32] = []
    var items: [UInt32] = []
    var numbers: [Float] = []
  }

  /// Name, for example "ratings".
  public let name: String
  /// True where the pairs were generated from a seed rather than read.
  public let isSynthetic: Bool
  /// Rating or interaction.
  public let task: LearningTask
  /// Number of users and of items.
  public let tableSizes: [Int]?
  /// For a synthetic set the score that a network reaches once it has learned the task.
  public let knownScore: KnownScore?
  private let train: Part
  private let validation: Part

  /// One pair: int64 [2].
  public var input: SampleType { SampleType(.int64, [2]) }

  /// Puts a data set together of parts whose users and items are known to be in the tables.
  init(
    name: String, isSynthetic: Bool, task: LearningTask, users: Int, items: Int, knownScore: KnownScore?, train: Part,
    validation: Part
  ) {
    self.name = name
    self.isSynthetic = isSynthetic
    self.task = task
    tableSizes = [users, items]
    self.knownScore = knownScore
    self.train = train
    self.validation = validation
  }

  /// Number of pairs in a split.
  public func count(of split: Split) -> Int { part(split).numbers.count }

  /// Writes pairs and their numbers.
  ///
  /// There is one view of a pair: `variation` means nothing. Throws `DatasetError` if an index is outside the split
  /// or a buffer does not fit. Allocates nothing.
  public func fill(
    _ split: Split, _ indices: ArraySlice<Int>, variation: UInt64, inputs: UnsafeMutableRawBufferPointer,
    targets: UnsafeMutableRawBufferPointer
  ) throws {
    try check(split, indices, inputs, targets)
    let part = part(split)
    let pairs = inputs.bindMemory(to: Int64.self)
    let numbers = targets.bindMemory(to: Float.self)
    for (row, index) in indices.enumerated() {
      pairs[2 * row] = Int64(part.users[index])
      pairs[2 * row + 1] = Int64(part.items[index])
      numbers[row] = part.numbers[index]
    }
  }

  private func part(_ split: Split) -> Part {
    switch split {
    case .train: train
    case .validation: validation
    }
  }
}
