/// Labelled images in a training and a validation split, held in memory as bytes.
public struct ImageDataset: Sendable {
  /// Name, for example "fashion-mnist".
  public let name: String
  /// True where the images were generated from a seed rather than read.
  public let isSynthetic: Bool
  /// Names of the classes, in the order of the labels.
  public let classNames: [String]
  /// What makes numbers of bytes.
  public let normalization: PixelNormalization
  /// The images to train on.
  public let train: ImageSplit
  /// The images to validate on.
  public let validation: ImageSplit

  /// Shape of one sample: [C, H, W].
  public var sampleShape: [Int] { train.sampleShape }

  /// Number of classes.
  public var classCount: Int { classNames.count }

  /// Puts a data set together.
  ///
  /// Throws `DatasetError` if the splits differ in shape, one is empty, or a label is outside the classes.
  public init(
    name: String, isSynthetic: Bool, classNames: [String], normalization: PixelNormalization, train: ImageSplit,
    validation: ImageSplit
  ) throws {
    guard train.sampleShape == validation.sampleShape else {
      throw DatasetError(
        .mismatch,
        "\(name): training images are \(train.sampleShape), validation images \(validation.sampleShape) (C, H, W)")
    }
    for (split, word) in [(train, "training"), (validation, "validation")] {
      guard split.count > 0 else { throw DatasetError(.mismatch, "\(name): the \(word) split is empty") }
      if let index = split.labels.firstIndex(where: { Int($0) >= classNames.count }) {
        throw DatasetError(
          .labelOutOfRange,
          "\(name): \(word) label \(index) is \(split.labels[index]), classes are 0 to \(classNames.count - 1)")
      }
    }
    self.name = name
    self.isSynthetic = isSynthetic
    self.classNames = classNames
    self.normalization = normalization
    self.train = train
    self.validation = validation
  }
}

/// What makes a network's input of a pixel: (byte / 255 − mean) / standardDeviation.
public struct PixelNormalization: Sendable, Hashable {
  /// Mean of the training split on the scale 0…1.
  public let mean: Double
  /// Standard deviation of the training split on the scale 0…1.
  public let standardDeviation: Double
  /// The normalised value of every byte.
  let table: [Float]

  /// Creates a normalisation; a standard deviation that is not positive and finite counts as 1.
  public init(mean: Double, standardDeviation: Double) {
    self.mean = mean
    self.standardDeviation = standardDeviation
    let divisor = standardDeviation > 0 && standardDeviation.isFinite ? standardDeviation : 1
    table = (0..<256).map { Float((Double($0) / 255 - mean) / divisor) }
  }

  /// The mean and standard deviation of given pixels.
  ///
  /// Complexity: O(n).
  public static func measured(_ pixels: [UInt8]) -> (mean: Double, standardDeviation: Double) {
    var histogram = [Int](repeating: 0, count: 256)
    for pixel in pixels { histogram[Int(pixel)] += 1 }
    let count = Double(max(1, pixels.count))
    var mean = 0.0
    for (value, number) in histogram.enumerated() { mean += Double(value) / 255 * Double(number) / count }
    var variance = 0.0
    for (value, number) in histogram.enumerated() {
      let distance = Double(value) / 255 - mean
      variance += distance * distance * Double(number) / count
    }
    return (mean, variance.squareRoot())
  }
}

/// Images and labels of one split.
public struct ImageSplit: Sendable {
  /// Shape of one image: [C, H, W].
  public let sampleShape: [Int]
  /// Pixels, (N, C, H, W), row-major.
  public let pixels: [UInt8]
  /// Labels, (N).
  public let labels: [UInt8]

  /// Number of images.
  public var count: Int { labels.count }

  /// Creates a split.
  ///
  /// Throws `DatasetError` if the shape is not three positive extents or does not fit the number of pixels and labels.
  public init(sampleShape: [Int], pixels: [UInt8], labels: [UInt8]) throws {
    guard sampleShape.count == 3, sampleShape.allSatisfy({ $0 > 0 && $0 <= 65536 }) else {
      throw DatasetError(.malformed, "image shape \(sampleShape) is not (C, H, W) with extents of 1 to 65536")
    }
    guard pixels.count == labels.count * sampleShape.reduce(1, *) else {
      throw DatasetError(
        .mismatch, "\(pixels.count) pixels are not \(labels.count) images of \(sampleShape) (C, H, W), one a label")
    }
    self.sampleShape = sampleShape
    self.pixels = pixels
    self.labels = labels
  }

  /// Writes images as normalised numbers, channels last (N, H, W, C), and their labels.
  ///
  /// - Parameters:
  ///   - indices: which images, in the order of the batch.
  ///   - normalization: of the data set that the split belongs to.
  ///   - values: at least one number for every pixel of the batch.
  ///   - targets: at least one for every image.
  ///
  /// Throws `DatasetError` if an index is outside the split or a buffer is too small. Allocates nothing.
  public func fill(
    _ indices: some Collection<Int>, normalization: PixelNormalization,
    into values: UnsafeMutableBufferPointer<Float>, labels targets: UnsafeMutableBufferPointer<Int64>
  ) throws {
    let channels = sampleShape[0]
    let plane = sampleShape[1] * sampleShape[2]
    let size = channels * plane
    guard values.count >= indices.count * size, targets.count >= indices.count else {
      throw DatasetError(
        .outOfRange,
        "\(indices.count) images need \(indices.count * size) values and \(indices.count) labels; "
          + "the buffers hold \(values.count) and \(targets.count)")
    }
    guard indices.allSatisfy({ $0 >= 0 && $0 < count }) else {
      throw DatasetError(.outOfRange, "an image index lies outside 0..<\(count)")
    }
    pixels.withUnsafeBufferPointer { pixels in
      normalization.table.withUnsafeBufferPointer { table in
        for (row, index) in indices.enumerated() {
          let source = index * size
          let target = row * size
          for channel in 0..<channels {
            var from = source + channel * plane
            for to in stride(from: target + channel, to: target + size, by: channels) {
              values[to] = table[Int(pixels[from])]
              from += 1
            }
          }
          targets[row] = Int64(labels[index])
        }
      }
    }
  }
}

extension ImageDataset {
  /// Writes images of a split as the network's input, channels last (N, H, W, C), and their labels.
  ///
  /// Throws `DatasetError` if an index is outside the split or a buffer is too small.
  public func fill(
    _ split: ImageSplit, _ indices: some Collection<Int>, into values: UnsafeMutableBufferPointer<Float>,
    labels: UnsafeMutableBufferPointer<Int64>
  ) throws {
    try split.fill(indices, normalization: normalization, into: values, labels: labels)
  }
}
