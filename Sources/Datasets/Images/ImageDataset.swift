import TensorCore

/// Labelled images in a training and a validation split, held in memory as bytes.
///
/// With a label for every image the task is classification, with one for every pixel segmentation.
public struct ImageDataset: Dataset {
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
  /// For a synthetic set the score that a network reaches once it has learned the task.
  public let knownScore: KnownScore?

  /// Shape of one sample: [C, H, W].
  public var sampleShape: [Int] { train.sampleShape }

  /// Number of classes.
  public var classCount: Int { classNames.count }

  /// Classification or segmentation.
  public var task: LearningTask {
    train.labelsEveryPixel ? .segmentation(classes: classCount) : .classification(classes: classCount)
  }

  /// One image: float32 [C, H, W].
  public var input: SampleType { SampleType(.float32, sampleShape) }

  /// Puts a data set together.
  ///
  /// Throws `DatasetError` if the splits differ in shape or kind of labels, one is empty, a label is outside the
  /// classes, or the normalisation is for another number of channels.
  public init(
    name: String, isSynthetic: Bool, classNames: [String], normalization: PixelNormalization, train: ImageSplit,
    validation: ImageSplit, knownScore: KnownScore? = nil
  ) throws {
    guard train.sampleShape == validation.sampleShape else {
      throw DatasetError(
        .mismatch,
        "\(name): training images are \(train.sampleShape), validation images \(validation.sampleShape) (C, H, W)")
    }
    guard train.labelsEveryPixel == validation.labelsEveryPixel else {
      throw DatasetError(.mismatch, "\(name): one split labels images, the other pixels")
    }
    let channels = normalization.channels.count
    guard channels == 1 || channels == train.sampleShape[0] else {
      throw DatasetError(
        .mismatch, "\(name): normalisation for \(channels) channels, images have \(train.sampleShape[0])")
    }
    for (split, word) in [(train, Split.train), (validation, Split.validation)] {
      guard split.count > 0 else { throw DatasetError(.mismatch, "\(name): the \(word.rawValue) split is empty") }
      if let index = split.labels.firstIndex(where: { Int($0) >= classNames.count }) {
        throw DatasetError(
          .labelOutOfRange,
          "\(name): \(word.rawValue) label \(index) is \(split.labels[index]), classes are 0 to \(classNames.count - 1)"
        )
      }
    }
    self.name = name
    self.isSynthetic = isSynthetic
    self.classNames = classNames
    self.normalization = normalization
    self.train = train
    self.validation = validation
    self.knownScore = knownScore
  }

  /// Number of images in a split.
  public func count(of split: Split) -> Int { images(of: split).count }

  /// Writes images as normalised numbers, channels last (N, H, W, C), and their labels.
  ///
  /// There is one view of an image: `variation` means nothing. Throws `DatasetError` if an index is outside the split
  /// or a buffer does not fit. Allocates nothing.
  public func fill(
    _ split: Split, _ indices: ArraySlice<Int>, variation: UInt64, inputs: UnsafeMutableRawBufferPointer,
    targets: UnsafeMutableRawBufferPointer
  ) throws {
    try check(split, indices, inputs, targets)
    images(of: split).write(indices, normalization, inputs: inputs, targets: targets)
  }

  private func images(of split: Split) -> ImageSplit {
    switch split {
    case .train: train
    case .validation: validation
    }
  }
}
