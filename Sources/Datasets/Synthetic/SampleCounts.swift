/// Checks of the sizes that synthetic sets are asked for.
enum SampleCounts {
  /// Throws `DatasetError` if a count is not 1 to `most`; `noun` says what is counted.
  static func check(train: Int, validation: Int, of noun: String, most: Int = 10_000_000) throws {
    for (count, word) in [(train, "training"), (validation, "validation")] {
      guard (1...most).contains(count) else {
        throw DatasetError(.badSetting, "\(count) \(word) \(noun): expected 1 to \(most)")
      }
    }
  }
}
