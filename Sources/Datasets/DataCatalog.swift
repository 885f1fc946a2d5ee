/// The data sets that can be opened by name, or by the path of the user's own files.
public enum DataCatalog {
  /// Every name; "synthetic" and "glyphs" are the same set.
  public static let names = [
    "fashion-mnist", "synthetic", "glyphs", "shapes", "fortunes", "grammar", "ratings", "interactions",
  ]

  /// A data set, and a line about where it came from.
  public struct Opened: Sendable {
    /// The data set.
    public let dataset: any Dataset
    /// Where it came from, and why it was chosen if the user did not.
    public let note: String
  }

  /// Opens a data set.
  ///
  /// - Parameters:
  ///   - name: one of `names`, or the path of a file or folder (see `open(path:_:)`); a name goes before a path of the
  ///     same spelling. Nil takes Fashion-MNIST where it is installed or a directory is given, else the glyphs, and the
  ///     note says so.
  ///   - options: settings.
  ///
  /// Throws `DatasetError` if there is neither such a name nor such a path, files are missing or broken, or a setting
  /// cannot be met or means nothing to the set; `SafetensorsError` for a safetensors file that is broken.
  public static func open(name: String?, _ options: Options = Options()) throws -> Opened {
    guard let name else { return try openDefault(options) }
    switch name {
    case "fashion-mnist":
      try options.check(for: name, allows: [.directory])
      return try fashionMNIST(options.directory ?? options.packageDirectory)
    case "fortunes":
      try options.check(for: name, allows: [.sequenceLength])
      let dataset = try Fortunes.load(
        directory: options.fortunesDirectory, sequenceLength: options.sequenceLengthOrDefault)
      return Opened(dataset: dataset, note: "bytes of text, read from \(options.fortunesDirectory)")
    case "synthetic", "glyphs":
      return try glyphs(options, for: name)
    case "shapes":
      try options.check(for: name, allows: [.channels])
      let counts = options.counts(SyntheticShapes.defaultTrainCount, SyntheticShapes.defaultValidationCount)
      return generated(
        "drawn shapes", options,
        try SyntheticShapes.generate(
          seed: options.seed, channels: options.channels ?? 3, trainCount: counts.train,
          validationCount: counts.validation))
    case "grammar":
      try options.check(for: name, allows: [.sequenceLength])
      let counts = options.counts(SyntheticGrammar.defaultTrainCount, SyntheticGrammar.defaultValidationCount)
      return generated(
        "sentences of a grammar", options,
        try SyntheticGrammar.generate(
          seed: options.seed, sequenceLength: options.sequenceLengthOrDefault, trainCount: counts.train,
          validationCount: counts.validation))
    case "ratings":
      try options.check(for: name, allows: [])
      let counts = options.counts(SyntheticRatings.defaultTrainCount, SyntheticRatings.defaultValidationCount)
      return generated(
        "ratings from latent factors", options,
        try SyntheticRatings.generate(
          seed: options.seed, trainCount: counts.train, validationCount: counts.validation))
    case "interactions":
      try options.check(for: name, allows: [])
      let counts = options.counts(SyntheticInteractions.defaultTrainCount, SyntheticInteractions.defaultValidationCount)
      return generated(
        "interactions from latent factors", options,
        try SyntheticInteractions.generate(
          seed: options.seed, trainCount: counts.train, validationCount: counts.validation))
    default:
      guard FilePath.kind(of: name) != nil else {
        throw DatasetError(
          .unknownName,
          "unknown data set \"\(name)\"; there are \(names.joined(separator: ", ")), or the path of a file or folder")
      }
      return try open(path: name, options)
    }
  }

  private static func openDefault(_ options: Options) throws -> Opened {
    if options.directory != nil || MNISTFiles.isPresent(in: options.packageDirectory) {
      return try open(name: "fashion-mnist", options)
    }
    let opened = try glyphs(options, for: "synthetic")
    return Opened(
      dataset: opened.dataset,
      note: "\(opened.note); Fashion-MNIST is not installed: \(FashionMNIST.packageHint)")
  }

  private static func fashionMNIST(_ directory: String) throws -> Opened {
    Opened(dataset: try FashionMNIST.load(directory: directory), note: "read from \(directory)")
  }

  private static func glyphs(_ options: Options, for name: String) throws -> Opened {
    try options.check(for: name, allows: [])
    let counts = options.counts(SyntheticGlyphs.defaultTrainCount, SyntheticGlyphs.defaultValidationCount)
    return generated(
      "drawn glyphs", options,
      try SyntheticGlyphs.generate(
        seed: options.seed, trainCount: counts.train, validationCount: counts.validation))
  }

  private static func generated(_ what: String, _ options: Options, _ dataset: any Dataset) -> Opened {
    Opened(dataset: dataset, note: "\(what), generated from seed \(options.seed)")
  }
}
