import Glibc

/// The four files of the MNIST family in a folder, each compressed (`.gz`) or not.
struct MNISTFiles {
  /// The folder.
  let directory: String
  /// What to do where a file is missing or damaged.
  let hint: String

  private static func names(of split: Split) -> (images: String, labels: String) {
    switch split {
    case .train: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    case .validation: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    }
  }

  /// True where any of the four files lies in the directory.
  static func isPresent(in directory: String) -> Bool {
    Split.allCases.contains { split in
      let names = names(of: split)
      return [names.images, names.labels].contains { CompressedFile.path(of: $0, in: directory) != nil }
    }
  }

  /// Images and labels of a split.
  ///
  /// - Parameters:
  ///   - split: training, or the set that is shipped for tests.
  ///   - extent: height and width that the images must have; nil takes any.
  ///   - classCount: number of classes; nil takes any.
  ///
  /// Throws `DatasetError` if a file is missing, truncated, of the wrong kind or size, or does not fit the other.
  func read(_ split: Split, extent: Int? = nil, classCount: Int? = nil) throws -> ImageSplit {
    let names = MNISTFiles.names(of: split)
    let imagePath = try CompressedFile.existingPath(of: names.images, in: directory, hint: hint)
    let labelPath = try CompressedFile.existingPath(of: names.labels, in: directory, hint: hint)
    let pixels = try IDXFile(path: imagePath, rank: 3, hint: hint)
    if let extent, pixels.shape[1] != extent || pixels.shape[2] != extent {
      throw DatasetError(
        .malformed,
        "\(imagePath): images are \(pixels.shape[1])×\(pixels.shape[2]), expected \(extent)×\(extent)")
    }
    let answers = try IDXFile(path: labelPath, rank: 1, hint: hint)
    guard pixels.shape[0] == answers.shape[0] else {
      throw DatasetError(
        .mismatch,
        "\(imagePath) holds \(pixels.shape[0]) images, \(labelPath) \(answers.shape[0]) labels; "
          + "take both from one release")
    }
    if let classCount, let index = answers.bytes.firstIndex(where: { Int($0) >= classCount }) {
      throw DatasetError(
        .labelOutOfRange,
        "\(labelPath): label \(index) is \(answers.bytes[index]), classes are 0 to \(classCount - 1)")
    }
    return try ImageSplit(
      sampleShape: [1, pixels.shape[1], pixels.shape[2]], pixels: pixels.bytes, labels: answers.bytes.map(UInt16.init))
  }
}

extension ImageDataset {
  /// Any data set in MNIST's layout: images of any size, as many classes as the largest label implies.
  ///
  /// Normalised by mean and standard deviation of the training split. Throws `DatasetError` as `FashionMNIST.load` does.
  public static func mnistLayout(directory: String) throws -> ImageDataset {
    let files = MNISTFiles(directory: directory, hint: "download or copy it again")
    let train = try files.read(.train)
    let validation = try files.read(.validation)
    return try ImageDataset(
      name: FilePath.lastComponent(directory), isSynthetic: false,
      classNames: ImageDataset.numberedClasses(for: [train, validation]),
      normalization: PixelNormalization(measuring: train.pixels, shape: train.sampleShape), train: train,
      validation: validation)
  }

  /// "0", "1", … up to the largest label.
  static func numberedClasses(for splits: [ImageSplit]) -> [String] {
    let largest = splits.compactMap { $0.labels.max() }.max() ?? 0
    return (0...Int(largest)).map { "\($0)" }
  }
}
