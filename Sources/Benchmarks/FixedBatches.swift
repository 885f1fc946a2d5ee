public import Datasets
import SafetensorsFormat
import TensorCore

/// A few batches of another source, held in memory and taken in turn for ever: steps are timed without data loading.
public struct FixedBatches: BatchSource {
  /// Samples in every batch.
  public let batchSize: Int
  /// One sample of the source.
  public let input: SampleType
  /// One target of the source.
  public let target: SampleType
  /// What targets mean.
  public let task: LearningTask
  /// Number of users and of items where samples are pairs of them; nil otherwise.
  public let tableSizes: [Int]?
  private let batches: [(inputs: [UInt8], targets: [UInt8])]

  /// Takes the first `count` batches of a source, at least one; throws what the source throws.
  public init(_ source: any BatchSource, count: Int) throws {
    batchSize = source.batchSize
    input = source.input
    target = source.target
    task = source.task
    tableSizes = source.tableSizes
    batches = try (0..<max(1, count)).map { attempt in
      var inputs = [UInt8](repeating: 0, count: source.inputByteCount)
      var targets = [UInt8](repeating: 0, count: source.targetByteCount)
      try inputs.withUnsafeMutableBytes { inputs in
        try targets.withUnsafeMutableBytes { try source.fill(attempt: attempt, inputs: inputs, targets: $0) }
      }
      return (inputs, targets)
    }
  }

  /// Nil: they never end.
  public var attemptLimit: Int? { nil }

  /// Writes the batch whose turn it is; throws `DatasetError` where a buffer has another size.
  public func fill(
    attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    let batch = batches[attempt % batches.count]
    guard attempt >= 0, inputs.count == batch.inputs.count, targets.count == batch.targets.count else {
      throw DatasetError(
        .badSetting,
        "batch \(attempt) has \(batch.inputs.count) and \(batch.targets.count) bytes, the buffers hold \(inputs.count) "
          + "and \(targets.count)")
    }
    inputs.copyBytes(from: batch.inputs)
    targets.copyBytes(from: batch.targets)
  }

  /// Writes `x` [count, batch, …] and `y` [count, batch, …] as `--batches` and PyTorch read them: images channels first.
  ///
  /// Throws `SafetensorsError` where the file cannot be written.
  public func write(to path: String) throws {
    var writer = SafetensorsWriter(path: path)
    let extents = [batches.count, batchSize]
    let inputs = batches.flatMap { channelsFirst($0.inputs) }
    try writer.add("x", dtype: dtype(input), shape: extents + input.shape, bytes: inputs)
    try writer.add("y", dtype: dtype(target), shape: extents + target.shape, bytes: batches.flatMap(\.targets))
    try writer.write()
  }

  private func dtype(_ type: SampleType) -> SafetensorsDType { type.dtype == .int64 ? .i64 : .f32 }

  /// Turns images (N, H, W, C) into (N, C, H, W); other samples are what they are.
  private func channelsFirst(_ bytes: [UInt8]) -> [UInt8] {
    guard input.shape.count == 3, input.shape[0] > 1 else { return bytes }
    let (channels, plane, width) = (input.shape[0], input.shape[1] * input.shape[2], input.dtype.size)
    var turned: [UInt8] = []
    turned.reserveCapacity(bytes.count)
    for sample in 0..<batchSize {
      for channel in 0..<channels {
        for position in 0..<plane {
          let start = ((sample * plane + position) * channels + channel) * width
          turned += bytes[start..<start + width]
        }
      }
    }
    return turned
  }
}
