import Datasets

/// A batch in memory of its own, compared bit for bit.
struct FilledBatch: Equatable {
  var inputs: [UInt8]
  var targets: [UInt8]

  /// Inputs of images.
  var values: [Float] { inputs.read(as: Float.self) }
  /// Inputs of sequences and pairs.
  var tokens: [Int64] { inputs.read(as: Int64.self) }
  /// Targets that are classes.
  var labels: [Int64] { targets.read(as: Int64.self) }
  /// Targets that are numbers.
  var numbers: [Float] { targets.read(as: Float.self) }

  /// Lets a body fill a batch of `count` samples.
  init(
    _ count: Int, _ input: SampleType, _ target: SampleType,
    _ fill: (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    // All bits set: NaN as a float, −1 as an integer.
    inputs = Array(repeating: 0xFF, count: count * input.byteCount)
    targets = Array(repeating: 0xFF, count: count * target.byteCount)
    try inputs.withUnsafeMutableBytes { inputs in try targets.withUnsafeMutableBytes { try fill(inputs, $0) } }
  }
}

extension [UInt8] {
  func read<Number: BitwiseCopyable>(as type: Number.Type) -> [Number] {
    withUnsafeBytes { raw in
      stride(from: 0, to: raw.count, by: MemoryLayout<Number>.size).map {
        raw.loadUnaligned(fromByteOffset: $0, as: type)
      }
    }
  }
}

/// Samples of a split by index.
func filledBatch(
  _ data: any Dataset, _ split: Split, _ indices: [Int], variation: UInt64 = 0
) throws -> FilledBatch {
  try FilledBatch(indices.count, data.input, data.target) {
    try data.fill(split, indices[...], variation: variation, inputs: $0, targets: $1)
  }
}

/// The batch of an attempt.
func filledBatch(_ source: some BatchSource, attempt: Int) throws -> FilledBatch {
  try FilledBatch(source.batchSize, source.input, source.target) {
    try source.fill(attempt: attempt, inputs: $0, targets: $1)
  }
}
