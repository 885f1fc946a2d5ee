import SafetensorsFormat

/// Batches from a safetensors file, replayed exactly and in order: to compare with another framework.
///
/// `x` is F32 [steps, batch, C, H, W] or [steps, batch, features], `y` is I64 [steps, batch]. Nothing is normalised or
/// shuffled; images are only turned from (N, C, H, W) to channels last.
public final class ReplayedBatches: BatchSource {
  /// Number of batches in the file.
  public let steps: Int
  /// Samples in every batch.
  public let batchSize: Int
  /// Shape of one sample: [C, H, W], or [features].
  public let sampleShape: [Int]
  /// Number of classes.
  public let classCount: Int

  /// A label above this is taken for damage where the number of classes is not given.
  private static let largestImpliedLabel: Int64 = 65_535

  private let file: SafetensorsFile
  private let x: SafetensorsTensor
  private let labels: [Int64]

  /// Opens a file and checks shapes and labels.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - classCount: number of classes of the network; nil takes the largest label plus one.
  ///
  /// Throws `SafetensorsError` if the file cannot be read, `DatasetError` if its tensors are not as described.
  public init(path: String, classCount: Int? = nil) throws {
    file = try SafetensorsFile(path: path)
    x = try file.tensor("x")
    let y = try file.tensor("y")
    guard x.dtype == .f32 else {
      throw DatasetError(.malformed, "\(path): x is \(x.dtype.rawValue), expected F32; convert it before saving")
    }
    guard y.dtype == .i64 else {
      throw DatasetError(.malformed, "\(path): y is \(y.dtype.rawValue), expected I64; convert it before saving")
    }
    guard x.shape.count == 3 || x.shape.count == 5, !x.shape.contains(0) else {
      throw DatasetError(
        .malformed,
        "\(path): x has shape \(x.shape), expected [steps, batch, C, H, W] or [steps, batch, features], none of them 0")
    }
    guard y.shape == Array(x.shape.prefix(2)) else {
      throw DatasetError(
        .mismatch, "\(path): y has shape \(y.shape), expected \(Array(x.shape.prefix(2))) as x begins with")
    }
    labels = try file.int64s("y")
    let classes = classCount ?? Int(min(labels.max() ?? 0, ReplayedBatches.largestImpliedLabel)) + 1
    if let index = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
      throw DatasetError(
        .labelOutOfRange,
        "\(path): y[\(index / x.shape[1]), \(index % x.shape[1])] is \(labels[index]), "
          + "expected a class from 0 to \(max(1, classes) - 1)")
    }
    steps = x.shape[0]
    batchSize = x.shape[1]
    sampleShape = Array(x.shape.dropFirst(2))
    self.classCount = classes
  }

  /// The number of batches in the file.
  public var attemptLimit: Int? { steps }

  /// Writes the batch of an attempt.
  ///
  /// Throws `DatasetError` past the end of the file, `SafetensorsError` if it cannot be read any more.
  public func fill(
    attempt: Int, into values: UnsafeMutableBufferPointer<Float>, labels targets: UnsafeMutableBufferPointer<Int64>
  ) throws {
    guard attempt >= 0, attempt < steps else {
      throw DatasetError(
        .outOfRange, "\(file.path): batch \(attempt) was asked for, the file holds \(steps); ask for fewer steps")
    }
    try checkSizes(values, targets)
    let offset = attempt * values.count * MemoryLayout<Float>.size
    try file.read(x, at: offset, into: UnsafeMutableRawBufferPointer(values))
    if sampleShape.count == 3, sampleShape[0] > 1 { turnChannelsLast(values) }
    for row in 0..<batchSize { targets[row] = labels[attempt * batchSize + row] }
  }

  /// Turns (N, C, H, W) into (N, H, W, C) in place, a sample at a time.
  private func turnChannelsLast(_ values: UnsafeMutableBufferPointer<Float>) {
    let channels = sampleShape[0]
    let plane = sampleShape[1] * sampleShape[2]
    var sample = [Float](repeating: 0, count: sampleSize)
    for row in 0..<batchSize {
      let start = row * sampleSize
      for index in 0..<sampleSize { sample[index] = values[start + index] }
      for channel in 0..<channels {
        for position in 0..<plane {
          values[start + position * channels + channel] = sample[channel * plane + position]
        }
      }
    }
  }
}
