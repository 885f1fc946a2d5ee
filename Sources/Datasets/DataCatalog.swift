/// The data sets that can be opened by name.
public enum DataCatalog {
  /// Every name.
  public static let names = ["fashion-mnist", "synthetic"]

  /// A data set, and a line about where it came from.
  public struct Opened: Sendable {
    /// The data set.
    public let dataset: ImageDataset
    /// Where it came from, and why it was chosen if the user did not.
    public let note: String
  }

  /// Opens a data set.
  ///
  /// - Parameters:
  ///   - name: one of `names`; nil takes Fashion-MNIST where it is installed or a directory is given, else the
  ///     synthetic set, and the note says so.
  ///   - directory: where Fashion-MNIST's files lie; nil takes Debian's place.
  ///   - seed: of the synthetic set.
  ///   - packageDirectory: Debian's place.
  ///   - syntheticCounts: sizes of the synthetic splits.
  ///
  /// Throws `DatasetError` if the name is unknown or the files are missing or broken.
  public static func open(
    name: String?, directory: String?, seed: UInt64, packageDirectory: String = FashionMNIST.packageDirectory,
    syntheticCounts: (train: Int, validation: Int) = (
      SyntheticGlyphs.defaultTrainCount, SyntheticGlyphs.defaultValidationCount
    )
  ) throws -> Opened {
    switch name {
    case "fashion-mnist":
      return try fashionMNIST(directory ?? packageDirectory)
    case "synthetic":
      guard directory == nil else {
        throw DatasetError(.badSetting, "--data-dir means nothing to the synthetic data set; leave it out")
      }
      return try synthetic(seed: seed, counts: syntheticCounts, reason: nil)
    case nil:
      if let directory { return try fashionMNIST(directory) }
      if FashionMNIST.isPresent(in: packageDirectory) { return try fashionMNIST(packageDirectory) }
      return try synthetic(
        seed: seed, counts: syntheticCounts, reason: "Fashion-MNIST is not installed: \(FashionMNIST.packageHint)")
    case .some(let unknown):
      throw DatasetError(
        .unknownName, "unknown data set \"\(unknown)\"; there are \(names.joined(separator: " and "))")
    }
  }

  private static func fashionMNIST(_ directory: String) throws -> Opened {
    Opened(dataset: try FashionMNIST.load(directory: directory), note: "read from \(directory)")
  }

  private static func synthetic(
    seed: UInt64, counts: (train: Int, validation: Int), reason: String?
  ) throws -> Opened {
    let origin = "drawn glyphs, generated from seed \(seed)"
    return Opened(
      dataset: try SyntheticGlyphs.generate(
        seed: seed, trainCount: counts.train, validationCount: counts.validation),
      note: reason.map { "\(origin); \($0)" } ?? origin)
  }
}
