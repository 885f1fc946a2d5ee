import Synchronization

/// Which samples an attempt trains on: a new shuffle every epoch that depends on nothing but the seed.
///
/// Every lane with the same seed and batch size draws the same batches, whatever happened to its steps. The last,
/// incomplete batch of an epoch is dropped.
public final class IndexSampler: Sendable {
  /// Number of samples to choose from.
  public let count: Int
  /// Seed of the shuffles.
  public let seed: UInt64

  private let cache = Mutex<(epoch: Int, order: [UInt32])?>(nil)

  /// A sampler over `count` samples (at most 2³²).
  public init(count: Int, seed: UInt64) {
    self.count = min(max(0, count), Int(UInt32.max))
    self.seed = seed
  }

  /// Whole batches in one epoch.
  public func batchesPerEpoch(batchSize: Int) -> Int {
    batchSize > 0 ? count / batchSize : 0
  }

  /// The samples of an attempt, in the order of the batch.
  ///
  /// Throws `DatasetError` if the batch is not 1 to `count` samples or the attempt is negative.
  /// Complexity: O(batchSize); O(count) at the first attempt of an epoch.
  public func indices(attempt: Int, batchSize: Int) throws -> [Int] {
    let batches = batchesPerEpoch(batchSize: batchSize)
    guard batches > 0 else {
      throw DatasetError(.badSetting, "batch size \(batchSize): expected 1 to \(count), the number of training samples")
    }
    guard attempt >= 0 else { throw DatasetError(.outOfRange, "attempt \(attempt) is negative") }
    let start = attempt % batches * batchSize
    return cache.withLock { cached in
      let epoch = attempt / batches
      let order: [UInt32]
      if let cached, cached.epoch == epoch {
        order = cached.order
      } else {
        order = permutation(epoch: epoch)
        cached = (epoch, order)
      }
      return order[start..<(start + batchSize)].map { Int($0) }
    }
  }

  /// The shuffled order of one epoch: Fisher and Yates by Durstenfeld (1964), unbiased.
  private func permutation(epoch: Int) -> [UInt32] {
    var order = (0..<UInt32(count)).map { $0 }
    var random = KeyedRandom(seed: seed, purpose: RandomPurpose.shuffle, place: UInt64(epoch))
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(random.index(below: UInt64(last + 1))))
    }
    return order
  }
}

/// Keeps streams of one seed apart.
enum RandomPurpose {
  static let shuffle: UInt64 = 1
  static let trainGlyphs: UInt64 = 2
  static let validationGlyphs: UInt64 = 3
}
