/// Where a lane's batches come from.
///
/// A batch depends on nothing but its attempt, so every lane sees the same.
public protocol BatchSource: Sendable {
  /// Samples in every batch.
  var batchSize: Int { get }
  /// One sample: images float32 [C, H, W], features float32 [F], token sequences int64 [T], pairs int64 [2].
  var input: SampleType { get }
  /// One target.
  var target: SampleType { get }
  /// What targets mean.
  var task: LearningTask { get }
  /// Number of users and of items where samples are pairs of them; nil otherwise.
  var tableSizes: [Int]? { get }
  /// Number of batches; nil where they never end.
  var attemptLimit: Int? { get }

  /// Writes the batch of an attempt.
  ///
  /// - Parameters:
  ///   - attempt: index of the attempt, from 0.
  ///   - inputs: exactly `batchSize` inputs. Images are written channels last (N, H, W, C).
  ///   - targets: exactly `batchSize` targets.
  ///
  /// Throws where there is no such batch or it cannot be read. May be called from several threads at once.
  func fill(attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer) throws

  /// The same samples in batches of another size; throws `DatasetError` where there can be none.
  func resized(to batchSize: Int) throws -> any BatchSource
}

extension BatchSource {
  /// One target, as the task has it.
  public var target: SampleType { task.target(of: input) }

  /// Refused: the batches are what they are.
  public func resized(to batchSize: Int) throws -> any BatchSource {
    throw DatasetError(.badSetting, "these batches have \(self.batchSize) samples each, and cannot be cut anew")
  }

  /// Nil: samples are not pairs.
  public var tableSizes: [Int]? { nil }

  /// Bytes of a batch's inputs.
  public var inputByteCount: Int { batchSize * input.byteCount }

  /// Bytes of a batch's targets.
  public var targetByteCount: Int { batchSize * target.byteCount }
}
