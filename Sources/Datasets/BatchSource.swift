/// Where a lane's batches come from.
///
/// A batch depends on nothing but its attempt, so every lane sees the same.
public protocol BatchSource: Sendable {
  /// Samples in every batch.
  var batchSize: Int { get }
  /// Shape of one sample: [C, H, W], or [features].
  var sampleShape: [Int] { get }
  /// Number of classes; labels are 0 to one less.
  var classCount: Int { get }
  /// Number of batches; nil where they never end.
  var attemptLimit: Int? { get }

  /// Writes the batch of an attempt.
  ///
  /// - Parameters:
  ///   - attempt: index of the attempt, from 0.
  ///   - values: images channels last (N, H, W, C), or (N, features); exactly `batchSize` samples.
  ///   - labels: (N); exactly `batchSize`.
  ///
  /// Throws where there is no such batch or it cannot be read. May be called from several threads at once.
  func fill(
    attempt: Int, into values: UnsafeMutableBufferPointer<Float>, labels: UnsafeMutableBufferPointer<Int64>) throws
}

extension BatchSource {
  /// Numbers in one sample.
  public var sampleSize: Int { sampleShape.reduce(1, *) }

  /// Throws `DatasetError` if the buffers do not hold exactly one batch.
  func checkSizes(_ values: UnsafeMutableBufferPointer<Float>, _ labels: UnsafeMutableBufferPointer<Int64>) throws {
    guard values.count == batchSize * sampleSize, labels.count == batchSize else {
      throw DatasetError(
        .badSetting,
        "a batch needs \(batchSize * sampleSize) values and \(batchSize) labels; the buffers hold \(values.count) and "
          + "\(labels.count)")
    }
  }
}

/// Endless batches of a data set's training split, shuffled every epoch.
public struct ShuffledBatches: BatchSource {
  /// The data set.
  public let dataset: ImageDataset
  /// Samples in every batch.
  public let batchSize: Int
  private let sampler: IndexSampler

  /// Creates batches; throws `DatasetError` if the batch is not 1 to the number of training samples.
  public init(dataset: ImageDataset, batchSize: Int, seed: UInt64) throws {
    guard batchSize >= 1, batchSize <= dataset.train.count else {
      throw DatasetError(
        .badSetting,
        "batch size \(batchSize): expected 1 to \(dataset.train.count), the number of training samples of \(dataset.name)"
      )
    }
    self.dataset = dataset
    self.batchSize = batchSize
    sampler = IndexSampler(count: dataset.train.count, seed: seed)
  }

  /// Shape of one sample: [C, H, W].
  public var sampleShape: [Int] { dataset.sampleShape }

  /// Number of classes.
  public var classCount: Int { dataset.classCount }

  /// Nil: a new epoch follows the last.
  public var attemptLimit: Int? { nil }

  /// Writes the batch of an attempt, channels last and normalised; throws `DatasetError`.
  public func fill(
    attempt: Int, into values: UnsafeMutableBufferPointer<Float>, labels: UnsafeMutableBufferPointer<Int64>
  ) throws {
    try checkSizes(values, labels)
    try dataset.fill(
      dataset.train, try sampler.indices(attempt: attempt, batchSize: batchSize), into: values, labels: labels)
  }
}
