import BackendAPI
import Datasets
import GraphCompiler
import TrainingEvents

/// The largest batch that a precision could train with in a number of bytes: from plans alone, nothing is run.
struct BatchHeadroom {
  let configuration: Trainer.Configuration
  let policy: PrecisionPolicy
  let backend: any Backend

  /// Planned peak of a step with a batch: state and arena.
  ///
  /// Throws what planning throws, and `DatasetError` where there is no such batch.
  func peak(batchSize: Int) throws -> Int {
    var configuration = configuration
    configuration.batches = try configuration.batches.resized(to: batchSize)
    let compiled = try Trainer.compile(configuration, policy: policy, backend: backend)
    return compiled.layout.byteCount + compiled.executable.plan.arenaBytes
  }

  /// The largest batch whose peak is at most `bytes`; nil where even one sample takes more, or batches cannot be resized.
  ///
  /// Peaks grow nearly in proportion: a secant step or two come close, and bisection finishes. Some ten plans.
  func largestBatch(within bytes: Int) -> Int? {
    guard var low = fitting([configuration.batches.batchSize, 1], within: bytes) else { return nil }
    var high: (batch: Int, peak: Int)?
    for _ in 0..<BatchHeadroom.planLimit {
      let next: Int
      if let high {
        guard high.batch - low.batch > 1 else { break }
        next = between(low, high, bytes)
      } else {
        next = low.batch * 2
      }
      guard let found = try? peak(batchSize: next), found <= bytes else {
        high = (next, (try? peak(batchSize: next)) ?? .max)
        continue
      }
      low = (next, found)
    }
    return low.batch
  }

  private static let planLimit = 12

  private func fitting(_ batches: [Int], within bytes: Int) -> (batch: Int, peak: Int)? {
    for batch in batches {
      if let found = try? peak(batchSize: batch), found <= bytes { return (batch, found) }
    }
    return nil
  }

  /// Where the line through two peaks meets the limit, strictly between them; the middle where one is unknown.
  private func between(_ low: (batch: Int, peak: Int), _ high: (batch: Int, peak: Int), _ bytes: Int) -> Int {
    guard high.peak != .max, high.peak > low.peak else { return (low.batch + high.batch) / 2 }
    let share = Double(bytes - low.peak) / Double(high.peak - low.peak)
    let guess = low.batch + Int(share * Double(high.batch - low.batch))
    return min(max(guess, low.batch + 1), high.batch - 1)
  }
}
