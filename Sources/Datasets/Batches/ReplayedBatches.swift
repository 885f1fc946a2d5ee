import SafetensorsFormat

/// Batches from a safetensors file, replayed exactly and in order: to compare with another framework.
///
/// | task | x | y |
/// |---|---|---|
/// | classification | F32 [steps, batch, C, H, W] or [steps, batch, features] | I64 [steps, batch] |
/// | segmentation | F32 [steps, batch, C, H, W] | I64 [steps, batch, H, W] |
/// | language | I64 [steps, batch, T] | I64 [steps, batch, T] |
/// | interaction, rating | I64 [steps, batch, 2] | F32 [steps, batch, 1] |
///
/// Nothing is normalised or shuffled; images are only turned from (N, C, H, W) to channels last.
public final class ReplayedBatches: BatchSource {
  /// Number of batches in the file.
  public let steps: Int
  /// Samples in every batch.
  public let batchSize: Int
  /// One sample: float32 [C, H, W] or [features], int64 [T] or [2].
  public let input: SampleType
  /// What y means.
  public let task: LearningTask
  /// Number of users and of items where samples are pairs of them; nil otherwise.
  public let tableSizes: [Int]?

  private let file: SafetensorsFile
  private let x: SafetensorsTensor
  private let y: SafetensorsTensor

  /// Opens a file and checks shapes, labels, tokens and pairs.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - task: what y means; nil takes what its element type and rank imply, with the largest label or token plus one
  ///     as the number of classes.
  ///   - tableSizes: number of users and of items; nil takes the largest of each plus one.
  ///
  /// Throws `SafetensorsError` if the file cannot be read, `DatasetError` if its tensors are not as described or y may
  /// be interactions as well as ratings.
  public init(path: String, task: LearningTask? = nil, tableSizes: [Int]? = nil) throws {
    file = try SafetensorsFile(path: path)
    x = try file.tensor("x")
    y = try file.tensor("y")
    let layout = try ReplayedLayout(of: task, y: y, path: path)
    try layout.check(x: x, y: y, path: path)
    guard tableSizes == nil || layout == .pairs && tableSizes?.count == 2 else {
      throw DatasetError(.badSetting, "\(path): table sizes are two, and only for interactions and ratings")
    }
    steps = x.shape[0]
    batchSize = x.shape[1]
    input = SampleType(layout.inputElement, Array(x.shape.dropFirst(2)))
    let scan = ReplayedScan(file: file)
    switch layout {
    case .classes:
      let count = try scan.limit(of: y, ["a class"], [task?.classCount])[0]
      self.task = .classification(classes: count)
    case .pixels:
      let count = try scan.limit(of: y, ["a class"], [task?.classCount])[0]
      self.task = .segmentation(classes: count)
    case .tokens:
      let count = try max(
        scan.limit(of: x, ["a token"], [task?.classCount])[0], scan.limit(of: y, ["a token"], [task?.classCount])[0])
      self.task = .language(vocabulary: count)
    case .pairs:
      self.task = task ?? .rating
      self.tableSizes = try scan.limit(of: x, ["a user", "an item"], tableSizes ?? [nil, nil])
      let largest = Float.greatestFiniteMagnitude
      try scan.checkNumbers(of: y, within: task == .interaction ? 0...1 : -largest...largest)
      return
    }
    self.tableSizes = nil
  }

  /// The number of batches in the file.
  public var attemptLimit: Int? { steps }

  /// Writes the batch of an attempt.
  ///
  /// Throws `DatasetError` past the end of the file, `SafetensorsError` if it cannot be read any more.
  public func fill(
    attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    guard attempt >= 0, attempt < steps else {
      throw DatasetError(
        .outOfRange, "\(file.path): batch \(attempt) was asked for, the file holds \(steps); ask for fewer steps")
    }
    try checkBuffers(inputs, targets, samples: batchSize, input: input, target: target)
    try file.read(x, at: attempt * inputs.count, into: inputs)
    try file.read(y, at: attempt * targets.count, into: targets)
    if input.shape.count == 3, input.shape[0] > 1 { turnChannelsLast(inputs.bindMemory(to: Float.self)) }
  }

  /// Turns (N, C, H, W) into (N, H, W, C) in place, a sample at a time.
  private func turnChannelsLast(_ values: UnsafeMutableBufferPointer<Float>) {
    let channels = input.shape[0]
    let plane = input.shape[1] * input.shape[2]
    let size = channels * plane
    withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { sample in
      for start in stride(from: 0, to: values.count, by: size) {
        for index in 0..<size { sample[index] = values[start + index] }
        for channel in 0..<channels {
          for position in 0..<plane {
            values[start + position * channels + channel] = sample[channel * plane + position]
          }
        }
      }
    }
  }
}
