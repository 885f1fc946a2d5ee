public import TensorCore

/// The two parts of a data set.
public enum Split: String, CaseIterable, Sendable, Hashable {
  /// Samples to train on.
  case train = "training"
  /// Samples to validate on; never trained on.
  case validation
}

/// Element type and shape of one sample, without the batch.
public struct SampleType: Sendable, Hashable {
  /// Element type: float32 or int64.
  public var dtype: DType
  /// Extents: [C, H, W], [T], or empty for a single number.
  public var shape: [Int]

  /// Creates a type.
  public init(_ dtype: DType, _ shape: [Int]) {
    self.dtype = dtype
    self.shape = shape
  }

  /// Numbers in one sample.
  public var elementCount: Int { shape.reduce(1, *) }

  /// Bytes of one sample.
  public var byteCount: Int { elementCount * dtype.size }
}

/// Samples and their targets in a training and a validation split.
///
/// Samples are drawn by index, as many at a time as a batch has, straight into the memory that a network reads.
public protocol Dataset: Sendable {
  /// Name, for example "fashion-mnist".
  var name: String { get }
  /// True where the samples were generated from a seed rather than read.
  var isSynthetic: Bool { get }
  /// What a network has to do, and what targets mean.
  var task: LearningTask { get }
  /// One sample: images float32 [C, H, W], token sequences int64 [T], pairs int64 [2].
  var input: SampleType { get }
  /// One target.
  var target: SampleType { get }
  /// Number of users and of items where samples are pairs of them; nil otherwise.
  var tableSizes: [Int]? { get }
  /// For a synthetic set the score that a network reaches once it has learned the task; nil where nobody knows.
  var knownScore: KnownScore? { get }

  /// Number of samples in a split.
  func count(of split: Split) -> Int

  /// Writes samples and their targets, one after the other.
  ///
  /// - Parameters:
  ///   - split: which split.
  ///   - indices: which samples of it, in the order of the batch.
  ///   - variation: which view of the training split; 0 is the plain one. A set that has only one view ignores it.
  ///     `ShuffledBatches` gives every epoch a number of its own.
  ///   - inputs: one `input` for every index. Images are written channels last (N, H, W, C).
  ///   - targets: one `target` for every index.
  ///
  /// Throws `DatasetError` if an index is outside the split, or a buffer has another size or is not aligned to 8 bytes.
  /// Allocates nothing. May be called from several threads at once.
  func fill(
    _ split: Split, _ indices: ArraySlice<Int>, variation: UInt64, inputs: UnsafeMutableRawBufferPointer,
    targets: UnsafeMutableRawBufferPointer) throws
}

extension Dataset {
  /// One target, as the task has it.
  public var target: SampleType { task.target(of: input) }

  /// Nil: samples are not pairs.
  public var tableSizes: [Int]? { nil }

  /// Nil: nobody knows.
  public var knownScore: KnownScore? { nil }

  /// Writes samples in the plain view; throws as `fill(_:_:variation:inputs:targets:)` does.
  public func fill(
    _ split: Split, _ indices: [Int], inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    try fill(split, indices[...], variation: 0, inputs: inputs, targets: targets)
  }

  /// Throws `DatasetError` if an index is outside the split or the buffers do not hold exactly the samples.
  func check(
    _ split: Split, _ indices: ArraySlice<Int>, _ inputs: UnsafeMutableRawBufferPointer,
    _ targets: UnsafeMutableRawBufferPointer
  ) throws {
    try checkBuffers(inputs, targets, samples: indices.count, input: input, target: target)
    let count = count(of: split)
    guard indices.allSatisfy({ $0 >= 0 && $0 < count }) else {
      throw DatasetError(.outOfRange, "\(name): a \(split.rawValue) index lies outside 0..<\(count)")
    }
  }
}

/// Throws `DatasetError` if the buffers do not hold exactly `samples` samples or are not aligned.
func checkBuffers(
  _ inputs: UnsafeMutableRawBufferPointer, _ targets: UnsafeMutableRawBufferPointer, samples: Int, input: SampleType,
  target: SampleType
) throws {
  guard inputs.count == samples * input.byteCount, targets.count == samples * target.byteCount else {
    throw DatasetError(
      .outOfRange,
      "\(samples) samples need \(samples * input.byteCount) bytes for inputs and \(samples * target.byteCount) for "
        + "targets; the buffers hold \(inputs.count) and \(targets.count)")
  }
  let alignment = MemoryLayout<Int64>.alignment
  guard Int(bitPattern: inputs.baseAddress) % alignment == 0, Int(bitPattern: targets.baseAddress) % alignment == 0
  else { throw DatasetError(.badSetting, "the buffers of a batch must be aligned to \(alignment) bytes") }
}
