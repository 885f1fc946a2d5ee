import Glibc

/// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747): 60,000 + 10,000 images of clothes, 28×28, 10 classes.
///
/// Split as shipped. A pixel becomes (byte / 255 − 0.2860) / 0.3530: mean and standard deviation of the training
/// split on the scale 0…1.
public enum FashionMNIST {
  /// Where Debian's package puts the files.
  public static let packageDirectory = "/usr/share/datasets/fashion-mnist"
  /// Mean and standard deviation of the 60,000 training images.
  public static let normalization = PixelNormalization(mean: 0.2860, standardDeviation: 0.3530)
  /// Names of the classes in the order of the labels.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  static let packageHint =
    "apt install dataset-fashion-mnist, or name a directory that holds the four files with --data-dir"
  private static let files = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
  ]

  /// True where any of the four files lies in the directory.
  static func isPresent(in directory: String) -> Bool {
    files.contains { path(of: $0, in: directory) != nil }
  }

  /// Reads the four files of a directory, each compressed (`.gz`) or not.
  ///
  /// Any data set in the same format and size, such as MNIST, can be read; it gets Fashion-MNIST's normalisation.
  /// Throws `DatasetError` if a file is missing, truncated, of the wrong kind or size, or does not fit the others.
  public static func load(directory: String = packageDirectory) throws -> ImageDataset {
    try ImageDataset(
      name: "fashion-mnist", isSynthetic: false, classNames: classNames, normalization: normalization,
      train: try split(images: files[0], labels: files[1], in: directory),
      validation: try split(images: files[2], labels: files[3], in: directory))
  }

  private static func split(images: String, labels: String, in directory: String) throws -> ImageSplit {
    let imagePath = try existingPath(of: images, in: directory)
    let labelPath = try existingPath(of: labels, in: directory)
    let pixels = try IDXFile(path: imagePath, rank: 3)
    guard pixels.shape[1] == 28, pixels.shape[2] == 28 else {
      throw DatasetError(
        .malformed, "\(imagePath): images are \(pixels.shape[1])×\(pixels.shape[2]), expected 28×28")
    }
    let answers = try IDXFile(path: labelPath, rank: 1)
    guard pixels.shape[0] == answers.shape[0] else {
      throw DatasetError(
        .mismatch,
        "\(imagePath) holds \(pixels.shape[0]) images, \(labelPath) \(answers.shape[0]) labels; "
          + "take both from one release")
    }
    if let index = answers.bytes.firstIndex(where: { Int($0) >= classNames.count }) {
      throw DatasetError(
        .labelOutOfRange,
        "\(labelPath): label \(index) is \(answers.bytes[index]), classes are 0 to \(classNames.count - 1)")
    }
    return try ImageSplit(sampleShape: [1, 28, 28], pixels: pixels.bytes, labels: answers.bytes)
  }

  private static func existingPath(of file: String, in directory: String) throws -> String {
    guard let path = path(of: file, in: directory) else {
      throw DatasetError(.missing, "\(directory)/\(file).gz: not found; \(packageHint)")
    }
    return path
  }

  private static func path(of file: String, in directory: String) -> String? {
    ["\(directory)/\(file).gz", "\(directory)/\(file)"].first { access($0, F_OK) == 0 }
  }
}
