extension ArrayDataset {
  /// A user or item above this is taken for damage: tables have a row for every number below the largest.
  private static let largestRow: Int64 = 10_000_000

  /// A data set of users and items with a number each.
  ///
  /// x holds users and items, (N, 2), of any integer type. y holds a number each, (N) or (N, 1): interactions where all
  /// are the integers 0 or 1, ratings otherwise. Throws `DatasetError` for anything else.
  static func pairs(_ splits: ArraySplits, _ name: String) throws -> Opened {
    let numbers = (train: try numbers(splits.y.train), validation: try numbers(splits.y.validation))
    let pairs = (train: try splits.x.train.integers(), validation: try splits.x.validation.integers())
    let areInteractions =
      splits.y.train.element.isInteger && (numbers.train + numbers.validation).allSatisfy { $0 == 0 || $0 == 1 }
    var sizes = [1, 1]
    for (x, values) in [(splits.x.train, pairs.train), (splits.x.validation, pairs.validation)] {
      for (index, value) in values.enumerated() {
        guard (0...largestRow).contains(value) else {
          throw DatasetError(
            .labelOutOfRange,
            "\(x.source): \(index % 2 == 0 ? "user" : "item") of pair \(index / 2) is \(value), expected 0 to "
              + "\(largestRow)")
        }
        sizes[index % 2] = max(sizes[index % 2], Int(value) + 1)
      }
    }
    let dataset = PairDataset(
      name: name, isSynthetic: false, task: areInteractions ? .interaction : .rating, users: sizes[0],
      items: sizes[1], knownScore: nil, train: part(pairs.train, numbers.train),
      validation: part(pairs.validation, numbers.validation))
    return (dataset, areInteractions ? "y is all 0 and 1: interactions" : "y taken as ratings")
  }

  private static func part(_ pairs: [Int64], _ numbers: [Float]) -> PairDataset.Part {
    PairDataset.Part(
      users: stride(from: 0, to: pairs.count, by: 2).map { UInt32(pairs[$0]) },
      items: stride(from: 1, to: pairs.count, by: 2).map { UInt32(pairs[$0]) }, numbers: numbers)
  }

  private static func numbers(_ y: NumericArray) throws -> [Float] {
    guard y.sampleShape.isEmpty || y.sampleShape == [1] else {
      throw DatasetError(
        .mismatch, "\(y.source) holds samples of shape \(y.sampleShape), expected a number for every pair")
    }
    return y.element.isInteger ? try y.integers().map(Float.init) : try y.floats()
  }
}
