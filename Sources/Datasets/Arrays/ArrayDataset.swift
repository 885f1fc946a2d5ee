/// Makes a data set of the arrays in an archive.
enum ArrayDataset {
  /// A data set, and what was decided about it.
  typealias Opened = (dataset: any Dataset, note: String)

  /// Makes a data set of x and y: of images, or of pairs where x is integers (N, 2).
  static func open(_ archive: any ArrayArchive) throws -> Opened {
    let splits = try ArraySplits(archive)
    let name = FilePath.lastComponent(archive.path)
    let x = splits.x.train
    var opened =
      x.element.isInteger && x.sampleShape == [2] ? try pairs(splits, name) : try images(splits, name)
    if splits.isHeldOut { opened.note += ", the last tenth held out for validation" }
    return opened
  }

  /// A data set of images.
  ///
  /// x holds images, uint8 (normalised by mean and standard deviation of the training split, a channel at a time) or
  /// floats (taken as they are). y holds a label for every image, (N) or (N, 1), or for every pixel, (N, H, W), of any
  /// integer type. Throws `DatasetError` for anything else.
  private static func images(_ splits: ArraySplits, _ name: String) throws -> Opened {
    let layout = try ImageLayout(of: splits.x.train)
    let perPixel = try labelsEveryPixel(splits.y.train, layout)
    let labels = (train: try labels(splits.y.train), validation: try labels(splits.y.validation))
    guard splits.x.train.element == .uint8 else {
      let classes = Int(max(labels.train.max() ?? 0, labels.validation.max() ?? 0)) + 1
      let dataset = FloatImageDataset(
        name: name, task: perPixel ? .segmentation(classes: classes) : .classification(classes: classes),
        sampleShape: layout.sampleShape,
        train: .init(values: layout.arranged(try splits.x.train.floats(), toLast: true), labels: labels.train),
        validation: .init(
          values: layout.arranged(try splits.x.validation.floats(), toLast: true), labels: labels.validation))
      return (dataset, "floats taken as they are")
    }
    let train = try split(splits.x.train, labels.train, layout, perPixel)
    let validation = try split(splits.x.validation, labels.validation, layout, perPixel)
    let dataset = try ImageDataset(
      name: name, isSynthetic: false, classNames: ImageDataset.numberedClasses(for: [train, validation]),
      normalization: PixelNormalization(measuring: train.pixels, shape: train.sampleShape), train: train,
      validation: validation)
    return (dataset, "bytes normalised by mean and standard deviation")
  }

  private static func split(
    _ x: NumericArray, _ labels: [UInt16], _ layout: ImageLayout, _ perPixel: Bool
  ) throws -> ImageSplit {
    try ImageSplit(
      sampleShape: layout.sampleShape, pixels: layout.arranged(Array(x.bytes), toLast: false), labels: labels,
      labelsEveryPixel: perPixel)
  }

  private static func labelsEveryPixel(_ y: NumericArray, _ layout: ImageLayout) throws -> Bool {
    if y.sampleShape.isEmpty || y.sampleShape == [1] { return false }
    guard y.sampleShape == [layout.height, layout.width] else {
      throw DatasetError(
        .mismatch,
        "\(y.source) holds samples of shape \(y.sampleShape), expected (N) with a label for every image, or "
          + "(N, \(layout.height), \(layout.width)) with one for every pixel")
    }
    return true
  }

  private static func labels(_ y: NumericArray) throws -> [UInt16] {
    let numbers = try y.integers()
    return try numbers.enumerated().map { index, number in
      guard let label = UInt16(exactly: number) else {
        throw DatasetError(.labelOutOfRange, "\(y.source): label \(index) is \(number), expected 0 to 65535")
      }
      return label
    }
  }
}
