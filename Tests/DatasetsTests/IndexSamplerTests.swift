import Datasets
import TensorCore
import Testing

@Suite struct IndexSamplerTests {
  @Test("An epoch visits every sample once, the incomplete last batch aside")
  func epoch() throws {
    let sampler = IndexSampler(count: 103, seed: 9)
    #expect(sampler.batchesPerEpoch(batchSize: 10) == 10)
    for epoch in 0..<3 {
      let visited = try (0..<10).flatMap { try sampler.batch(attempt: epoch * 10 + $0, batchSize: 10).indices }
      #expect(visited.count == 100)
      #expect(Set(visited).count == 100)
      #expect(visited.allSatisfy { (0..<103).contains($0) })
    }
  }

  @Test("The samples of an attempt depend on seed and attempt, not on what was asked before")
  func pure() throws {
    let forward = IndexSampler(count: 50, seed: 1)
    let backward = IndexSampler(count: 50, seed: 1)
    let inOrder = try (0..<20).map { try forward.batch(attempt: $0, batchSize: 7).indices }
    let reversed = try (0..<20).reversed().map { try backward.batch(attempt: $0, batchSize: 7).indices }
    #expect(inOrder == Array(reversed.reversed()))
    #expect(try IndexSampler(count: 50, seed: 2).batch(attempt: 0, batchSize: 50).indices != inOrder[0])
    let epochs = try (0..<2).map { try forward.batch(attempt: $0, batchSize: 50) }
    #expect(epochs[0].indices != epochs[1].indices)
    #expect(epochs[0].variation != epochs[1].variation)
  }

  @Test("The shuffle is unbiased: every sample comes first about equally often")
  func unbiased() throws {
    let sampler = IndexSampler(count: 6, seed: 77)
    var counts = [Int](repeating: 0, count: 6)
    for epoch in 0..<6000 { counts[try sampler.batch(attempt: epoch, batchSize: 6).indices[0]] += 1 }
    // Chi-squared with 5 degrees of freedom: above 20.5 once in a thousand seeds, and this seed is fixed.
    let chiSquared = counts.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    #expect(chiSquared < 20.5)
  }

  @Test("A batch that is none, or larger than the data, and a negative attempt are errors", arguments: [0, -3, 11])
  func badBatch(size: Int) throws {
    let sampler = IndexSampler(count: 10, seed: 0)
    #expect(
      #expect(throws: DatasetError.self) { try sampler.batch(attempt: 0, batchSize: size) }?.kind == .badSetting)
    #expect(
      #expect(throws: DatasetError.self) { try sampler.batch(attempt: -1, batchSize: 5) }?.kind == .outOfRange)
  }

  @Test("Shuffled batches hold the sampler's images, and refuse a batch size that cannot be met")
  func batches() throws {
    let data = try SyntheticGlyphs.generate(seed: 4, trainCount: 40, validationCount: 10)
    let source = try ShuffledBatches(dataset: data, batchSize: 8, seed: 12)
    #expect(source.attemptLimit == nil)
    #expect(source.input == SampleType(.float32, [1, 28, 28]))
    #expect(source.target == SampleType(.int64, []))
    #expect(source.task == .classification(classes: 10))
    let indices = try IndexSampler(count: 40, seed: 12).batch(attempt: 13, batchSize: 8).indices
    #expect(try filledBatch(source, attempt: 13) == filledBatch(data, .train, Array(indices)))
    for size in [0, -1, 41] {
      let error = #expect(throws: DatasetError.self) { try ShuffledBatches(dataset: data, batchSize: size, seed: 0) }
      #expect(error?.kind == .badSetting)
      #expect(error?.description.contains("\(size)") == true)
    }
  }
}
