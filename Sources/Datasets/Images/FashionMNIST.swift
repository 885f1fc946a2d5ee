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

  /// Reads the four files of a directory, each compressed (`.gz`) or not.
  ///
  /// Any data set in the same format and size, such as MNIST, can be read; it gets Fashion-MNIST's normalisation.
  /// Throws `DatasetError` if a file is missing, truncated, of the wrong kind or size, or does not fit the others.
  public static func load(directory: String = packageDirectory) throws -> ImageDataset {
    let files = MNISTFiles(directory: directory, hint: packageHint)
    return try ImageDataset(
      name: "fashion-mnist", isSynthetic: false, classNames: classNames, normalization: normalization,
      train: files.read(.train, extent: 28, classCount: classNames.count),
      validation: files.read(.validation, extent: 28, classCount: classNames.count))
  }
}
