extension DataCatalog {
  /// Settings of data sets; those that mean nothing to the one opened must be left out.
  public struct Options: Sendable {
    /// Seed of what is generated.
    public var seed: UInt64
    /// Where Fashion-MNIST's files lie; nil takes Debian's place.
    public var directory: String?
    /// Tokens in a sample of a language set; nil takes 64.
    public var sequenceLength: Int?
    /// Channels of drawn shapes, 1 or 3; nil takes 3.
    public var channels: Int?
    /// Training and validation samples of a synthetic set; nil takes the set's own.
    public var syntheticCounts: (train: Int, validation: Int)?
    /// Where Debian puts Fashion-MNIST.
    public var packageDirectory = FashionMNIST.packageDirectory
    /// Where Debian puts the fortunes.
    public var fortunesDirectory = Fortunes.packageDirectory

    /// Creates settings.
    public init(
      seed: UInt64 = 0, directory: String? = nil, sequenceLength: Int? = nil, channels: Int? = nil,
      syntheticCounts: (train: Int, validation: Int)? = nil
    ) {
      self.seed = seed
      self.directory = directory
      self.sequenceLength = sequenceLength
      self.channels = channels
      self.syntheticCounts = syntheticCounts
    }

    var sequenceLengthOrDefault: Int { sequenceLength ?? TokenDataset.defaultSequenceLength }

    func counts(_ train: Int, _ validation: Int) -> (train: Int, validation: Int) {
      syntheticCounts ?? (train, validation)
    }
  }
}

extension DataCatalog.Options {
  /// Settings that mean something to some sets only.
  enum Setting: CaseIterable {
    case directory, sequenceLength, channels
  }

  /// Throws `DatasetError` if a setting is given that means nothing to a set.
  func check(for name: String, allows allowed: Set<Setting>) throws {
    for setting in Setting.allCases where !allowed.contains(setting) {
      let words: String
      switch setting {
      case .directory:
        guard directory != nil else { continue }
        words = "--data-dir"
      case .sequenceLength:
        guard sequenceLength != nil else { continue }
        words = "a sequence length"
      case .channels:
        guard channels != nil else { continue }
        words = "a number of channels"
      }
      throw DatasetError(.badSetting, "\(words) means nothing to the data set \(name); leave it out")
    }
  }
}
