import TensorCore
import Testing

@testable import Datasets

/// What every data set promises about filling, whatever it holds.
@Suite struct DatasetContractTests {
  /// A small set of every type.
  private static func make(_ kind: String) throws -> any Dataset {
    let counts = (train: 40, validation: 10)
    switch kind {
    case "text":
      return try TokenDataset(name: "text", text: (0..<2000).map { UInt8($0 % 251) }, sequenceLength: 16)
    case "floats":
      func part(_ count: Int) -> FloatImageDataset.Part {
        .init(values: (0..<(count * 12)).map(Float.init), labels: (0..<count).map { UInt16($0 % 3) })
      }
      return FloatImageDataset(
        name: "floats", task: .classification(classes: 3), sampleShape: [3, 2, 2], train: part(40),
        validation: part(10))
    default:
      return try DataCatalog.open(name: kind, .init(seed: 3, syntheticCounts: counts)).dataset
    }
  }

  static let kinds = ["glyphs", "shapes", "grammar", "ratings", "interactions", "text", "floats"]

  @Test("Samples depend on their index alone: order and repetition change nothing", arguments: kinds)
  func pure(kind: String) throws {
    let data = try Self.make(kind)
    let batch = try filledBatch(data, .train, [3, 0, 3])
    for (row, index) in [3, 0, 3].enumerated() {
      let one = try filledBatch(data, .train, [index])
      let size = data.input.byteCount
      #expect(Array(batch.inputs[(row * size)..<((row + 1) * size)]) == one.inputs)
      let targetSize = data.target.byteCount
      #expect(Array(batch.targets[(row * targetSize)..<((row + 1) * targetSize)]) == one.targets)
    }
    #expect(try filledBatch(data, .train, []).inputs.isEmpty)
  }

  @Test("Targets are what the task says", arguments: kinds)
  func targets(kind: String) throws {
    let data = try Self.make(kind)
    #expect(data.target == data.task.target(of: data.input))
    for split in Split.allCases {
      let indices = Array(0..<data.count(of: split))
      let batch = try filledBatch(data, split, indices)
      if let classes = data.task.classCount {
        #expect(batch.labels.allSatisfy { (0..<Int64(classes)).contains($0) })
      } else {
        #expect(batch.numbers.allSatisfy { $0.isFinite })
      }
      if let sizes = data.tableSizes {
        #expect(batch.tokens.enumerated().allSatisfy { (0..<Int64(sizes[$0 % 2])).contains($1) })
      } else if case .language(let vocabulary) = data.task {
        #expect(batch.tokens.allSatisfy { (0..<Int64(vocabulary)).contains($0) })
      } else {
        #expect(batch.values.allSatisfy { $0.isFinite })
      }
    }
  }

  @Test("An index outside the split and a buffer of another size are errors, and nothing is written", arguments: kinds)
  func refused(kind: String) throws {
    let data = try Self.make(kind)
    for split in Split.allCases {
      for index in [-1, data.count(of: split), Int.max, Int.min] {
        let error = #expect(throws: DatasetError.self) { try filledBatch(data, split, [0, index]) }
        #expect(error?.kind == .outOfRange)
      }
    }
    for (inputs, targets) in [(-8, 0), (8, 0), (0, -4), (0, 4)] {
      var input = [UInt8](repeating: 0xAB, count: data.input.byteCount + inputs)
      var target = [UInt8](repeating: 0xAB, count: data.target.byteCount + targets)
      let error = #expect(throws: DatasetError.self) {
        try input.withUnsafeMutableBytes { input in
          try target.withUnsafeMutableBytes { try data.fill(.train, [0], inputs: input, targets: $0) }
        }
      }
      #expect(error?.kind == .outOfRange)
      #expect(input.allSatisfy { $0 == 0xAB } && target.allSatisfy { $0 == 0xAB })
    }
  }

  @Test("Prefetched batches equal those filled directly", arguments: kinds)
  func prefetched(kind: String) throws {
    let source = try ShuffledBatches(dataset: try Self.make(kind), batchSize: 6, seed: 3)
    let prefetcher = BatchPrefetcher(source: source, depth: 3)
    for attempt in 0..<20 {
      let batch = try prefetcher.take(attempt: attempt)
      let expected = try filledBatch(source, attempt: attempt)
      #expect(Array(batch.inputs) == expected.inputs)
      #expect(Array(batch.targets) == expected.targets)
      #expect(batch.waitMilliseconds >= 0)
    }
  }

  @Test("Shuffled batches say what their data set says", arguments: kinds)
  func shuffled(kind: String) throws {
    let data = try Self.make(kind)
    let source = try ShuffledBatches(dataset: data, batchSize: 6, seed: 3)
    #expect(source.input == data.input)
    #expect(source.target == data.target)
    #expect(source.task == data.task)
    #expect(source.tableSizes == data.tableSizes)
    #expect(source.inputByteCount == 6 * data.input.byteCount)
    #expect(source.targetByteCount == 6 * data.target.byteCount)
  }
}
