/// Images of one split, with a label for each image or for each pixel.
public struct ImageSplit: Sendable {
  /// Shape of one image: [C, H, W].
  public let sampleShape: [Int]
  /// Pixels, (N, C, H, W), row-major.
  public let pixels: [UInt8]
  /// Labels, (N), or (N, H, W).
  public let labels: [UInt16]
  /// Whether there is a label for every pixel.
  public let labelsEveryPixel: Bool

  /// Labels of one image: 1, or H · W.
  public var labelsPerImage: Int { labelsEveryPixel ? sampleShape[1] * sampleShape[2] : 1 }

  /// Number of images.
  public var count: Int { labels.count / labelsPerImage }

  /// Creates a split.
  ///
  /// Throws `DatasetError` if the shape is not three positive extents or does not fit the number of pixels and labels.
  public init(sampleShape: [Int], pixels: [UInt8], labels: [UInt16], labelsEveryPixel: Bool = false) throws {
    guard sampleShape.count == 3, sampleShape.allSatisfy({ $0 > 0 && $0 <= 65536 }) else {
      throw DatasetError(.malformed, "image shape \(sampleShape) is not (C, H, W) with extents of 1 to 65536")
    }
    let labelCount = labelsEveryPixel ? sampleShape[1] * sampleShape[2] : 1
    guard labels.count % labelCount == 0, pixels.count == labels.count / labelCount * sampleShape.reduce(1, *) else {
      throw DatasetError(
        .mismatch,
        "\(pixels.count) pixels and \(labels.count) labels are not images of \(sampleShape) (C, H, W) with "
          + "\(labelCount == 1 ? "a label" : "\(labelCount) labels") each")
    }
    self.sampleShape = sampleShape
    self.pixels = pixels
    self.labels = labels
    self.labelsEveryPixel = labelsEveryPixel
  }

  /// Writes images that are known to exist as normalised numbers, channels last (N, H, W, C), and their labels.
  func write(
    _ indices: ArraySlice<Int>, _ normalization: PixelNormalization, inputs: UnsafeMutableRawBufferPointer,
    targets: UnsafeMutableRawBufferPointer
  ) {
    let channels = sampleShape[0]
    let plane = sampleShape[1] * sampleShape[2]
    let labelCount = labelsPerImage
    pixels.withUnsafeBufferPointer { pixels in
      labels.withUnsafeBufferPointer { labels in
        guard var image = inputs.bindMemory(to: Float.self).baseAddress, let pixels = pixels.baseAddress,
          var answers = targets.bindMemory(to: Int64.self).baseAddress
        else { return }
        for index in indices {
          normalization.write(pixels + index * channels * plane, to: image, channels: channels, plane: plane)
          for label in 0..<labelCount { answers[label] = Int64(labels[index * labelCount + label]) }
          image += channels * plane
          answers += labelCount
        }
      }
    }
  }
}
