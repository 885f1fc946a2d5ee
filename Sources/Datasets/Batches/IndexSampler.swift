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

  /// The shuffled order of one epoch.
  private struct Epoch {
    let number: Int
    let order: [Int]
    let variation: UInt64
  }

  private let cache = Mutex<Epoch?>(nil)

  /// A sampler over `count` samples (at most 2³²).
  public init(count: Int, seed: UInt64) {
    self.count = min(max(0, count), Int(UInt32.max))
    self.seed = seed
  }

  /// Whole batches in one epoch.
  public func batchesPerEpoch(batchSize: Int) -> Int {
    batchSize > 0 ? count / batchSize : 0
  }

  /// The samples of an attempt, in the order of the batch, and a random number that its epoch has to itself.
  ///
  /// Throws `DatasetError` if the batch is not 1 to `count` samples or the attempt is negative.
  /// Complexity: O(1), nothing is copied; O(count) at the first attempt of an epoch.
  public func batch(attempt: Int, batchSize: Int) throws -> (indices: ArraySlice<Int>, variation: UInt64) {
    let batches = batchesPerEpoch(batchSize: batchSize)
    guard batches > 0 else {
      throw DatasetError(.badSetting, "batch size \(batchSize): expected 1 to \(count), the number of training samples")
    }
    guard attempt >= 0 else { throw DatasetError(.outOfRange, "attempt \(attempt) is negative") }
    let start = attempt % batches * batchSize
    let epoch = cache.withLock { cached in
      let number = attempt / batches
      if let cached, cached.number == number { return cached }
      let shuffled = shuffled(epoch: number)
      cached = shuffled
      return shuffled
    }
    return (epoch.order[start..<(start + batchSize)], epoch.variation)
  }

  /// Fisher and Yates by Durstenfeld (1964), unbiased.
  private func shuffled(epoch: Int) -> Epoch {
    var order = Array(0..<count)
    var random = KeyedRandom(seed: seed, purpose: RandomPurpose.shuffle, place: UInt64(epoch))
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(random.index(below: UInt64(last + 1))))
    }
    return Epoch(number: epoch, order: order, variation: random.next())
  }
}
