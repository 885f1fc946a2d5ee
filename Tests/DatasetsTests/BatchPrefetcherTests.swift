import Datasets
import Synchronization
import TensorCore
import Testing

extension BatchPrefetcher.Batch {
  fileprivate var labels: UnsafeBufferPointer<Int64> { targets.bindMemory(to: Int64.self) }
}

@Suite struct BatchPrefetcherTests {
  /// Batches that say which attempt they belong to, and end.
  private final class CountingSource: BatchSource {
    let batchSize = 3
    let input = SampleType(.float32, [2])
    let task = LearningTask.classification(classes: 10)
    let attemptLimit: Int?
    let largestFilled = Atomic(-1)

    init(limit: Int?) { attemptLimit = limit }

    func fill(
      attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
    ) throws {
      if let attemptLimit, attempt >= attemptLimit {
        throw DatasetError(.outOfRange, "attempt \(attempt) of \(attemptLimit)")
      }
      inputs.bindMemory(to: Float.self).update(repeating: Float(attempt))
      targets.bindMemory(to: Int64.self).update(repeating: Int64(attempt))
      largestFilled.max(attempt, ordering: .relaxed)
    }
  }

  @Test("Prefetched batches equal those filled directly", arguments: [2, 4])
  func equal(depth: Int) throws {
    let data = try SyntheticGlyphs.generate(seed: 8, trainCount: 50, validationCount: 10)
    let source = try ShuffledBatches(dataset: data, batchSize: 6, seed: 3)
    let prefetcher = BatchPrefetcher(source: source, depth: depth)
    for attempt in 0..<40 {
      let batch = try prefetcher.take(attempt: attempt)
      let expected = try filledBatch(source, attempt: attempt)
      #expect(Array(batch.inputs) == expected.inputs)
      #expect(Array(batch.targets) == expected.targets)
      #expect(batch.waitMilliseconds >= 0)
    }
    #expect(prefetcher.totalWaitMilliseconds >= 0)
  }

  @Test("A batch in use is not overwritten, and no more than the ring is filled ahead")
  func heldBatch() throws {
    let source = CountingSource(limit: nil)
    let prefetcher = BatchPrefetcher(source: source, depth: 3)
    for attempt in 0..<200 {
      let batch = try prefetcher.take(attempt: attempt)
      #expect(source.largestFilled.load(ordering: .relaxed) <= attempt + 2)
      #expect(batch.inputs.bindMemory(to: Float.self).allSatisfy { $0 == Float(attempt) })
      #expect(batch.labels.allSatisfy { $0 == Int64(attempt) })
    }
  }

  @Test("Attempts may be skipped, repeated and taken again from an earlier one")
  func jumps() throws {
    let prefetcher = BatchPrefetcher(source: CountingSource(limit: nil), firstAttempt: 5, depth: 4)
    for attempt in [5, 6, 6, 8, 100, 101, 0, 1, 50, 49, 48, 7] {
      let batch = try prefetcher.take(attempt: attempt)
      #expect(batch.labels.allSatisfy { $0 == Int64(attempt) })
    }
  }

  @Test("The error of an attempt comes when that attempt is taken, again and again, and the ones before it are good")
  func errors() throws {
    let prefetcher = BatchPrefetcher(source: CountingSource(limit: 3), depth: 8)
    for attempt in 0..<3 { #expect(try prefetcher.take(attempt: attempt).labels.first == Int64(attempt)) }
    for attempt in [3, 3, 4] {
      let error = #expect(throws: DatasetError.self) { try prefetcher.take(attempt: attempt) }
      #expect(error?.description == "attempt \(attempt) of 3")
    }
    #expect(try prefetcher.take(attempt: 1).labels.first == 1)
  }

  @Test("A prefetcher that goes away ends its thread and gives its source back")
  func stops() throws {
    weak var released: CountingSource?
    for taken in 0..<20 {
      let source = CountingSource(limit: nil)
      released = source
      let prefetcher = BatchPrefetcher(source: source, depth: 2)
      for attempt in 0..<taken { _ = try prefetcher.take(attempt: attempt) }
    }
    #expect(released == nil)
  }
}
