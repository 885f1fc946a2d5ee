/// Endless batches of a data set's training split, shuffled every epoch.
public struct ShuffledBatches: BatchSource {
  /// The data set.
  public let dataset: any Dataset
  /// Samples in every batch.
  public let batchSize: Int
  /// One sample of the data set.
  public let input: SampleType
  /// One target of the data set.
  public let target: SampleType
  private let sampler: IndexSampler
  private let seed: UInt64

  /// Creates batches; throws `DatasetError` if the batch is not 1 to the number of training samples.
  public init(dataset: any Dataset, batchSize: Int, seed: UInt64) throws {
    let count = dataset.count(of: .train)
    guard batchSize >= 1, batchSize <= count else {
      throw DatasetError(
        .badSetting,
        "batch size \(batchSize): expected 1 to \(count), the number of training samples of \(dataset.name)")
    }
    self.dataset = dataset
    self.batchSize = batchSize
    input = dataset.input
    target = dataset.target
    sampler = IndexSampler(count: count, seed: seed)
    self.seed = seed
  }

  /// Batches of another size from the same shuffled order; throws `DatasetError` where it is out of range.
  public func resized(to batchSize: Int) throws -> any BatchSource {
    try ShuffledBatches(dataset: dataset, batchSize: batchSize, seed: seed)
  }

  /// What targets mean.
  public var task: LearningTask { dataset.task }

  /// Number of users and of items where samples are pairs of them; nil otherwise.
  public var tableSizes: [Int]? { dataset.tableSizes }

  /// Nil: a new epoch follows the last.
  public var attemptLimit: Int? { nil }

  /// Writes the batch of an attempt; throws `DatasetError`.
  public func fill(
    attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    let batch = try sampler.batch(attempt: attempt, batchSize: batchSize)
    try dataset.fill(.train, batch.indices, variation: batch.variation, inputs: inputs, targets: targets)
  }
}
