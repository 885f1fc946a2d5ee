/// Samples and targets of both splits, found by their names in an archive.
///
/// To train on: `x_train` and `y_train` (as Keras names them), or `x` and `y`. To validate on: `x_val` and `y_val`, or
/// `x_test` and `y_test`, or the last tenth of the training arrays.
struct ArraySplits {
  /// The part of the training arrays held out where there are none to validate on: one in `heldOut`.
  static let heldOut = 10

  let x: (train: NumericArray, validation: NumericArray)
  let y: (train: NumericArray, validation: NumericArray)
  /// Whether the validation split was cut off the training arrays.
  let isHeldOut: Bool

  /// Whether arrays of these names can be a data set.
  static func isPresent(among names: [String]) -> Bool {
    !Set(names).isDisjoint(with: ["x", "y", "x_train", "y_train"])
  }

  /// Throws `DatasetError` or `SafetensorsError` if an array is missing or cannot be read, x and y differ in their
  /// number of samples, the splits in the type of samples, or there are too few samples to hold some out.
  init(_ archive: any ArrayArchive) throws {
    let names = Set(archive.names)
    guard ArraySplits.isPresent(among: archive.names) else {
      let found = archive.names.isEmpty ? "no arrays" : archive.names.joined(separator: ", ")
      throw DatasetError(
        .missing,
        "\(archive.path): holds \(found); expected x_train, y_train, x_test and y_test, or x and y (and x_val, y_val)")
    }
    let suffix = names.isDisjoint(with: ["x_train", "y_train"]) ? "" : "_train"
    let train = try ArraySplits.pair(archive, suffix)
    if let other = ["_val", "_test"].first(where: { !names.isDisjoint(with: ["x\($0)", "y\($0)"]) }) {
      let validation = try ArraySplits.pair(archive, other)
      guard train.x.sampleShape == validation.x.sampleShape, train.x.element == validation.x.element,
        train.y.sampleShape == validation.y.sampleShape
      else {
        throw DatasetError(
          .mismatch,
          "\(archive.path): x\(suffix), y\(suffix) are \(train.x.element.rawValue) \(train.x.shape), \(train.y.shape) "
            + "and x\(other), y\(other) \(validation.x.element.rawValue) \(validation.x.shape), \(validation.y.shape); "
            + "only the first extents may differ")
      }
      (x, y, isHeldOut) = ((train.x, validation.x), (train.y, validation.y), false)
    } else {
      let count = train.x.count
      guard count >= 2 else {
        throw DatasetError(
          .mismatch, "\(train.x.source): \(count) samples are too few to hold some out for validation")
      }
      let first = count - max(1, count / ArraySplits.heldOut)
      x = (train.x.rows(0..<first), train.x.rows(first..<count))
      y = (train.y.rows(0..<first), train.y.rows(first..<count))
      isHeldOut = true
    }
  }

  private static func pair(_ archive: any ArrayArchive, _ suffix: String) throws -> (x: NumericArray, y: NumericArray) {
    let x = try archive.array("x\(suffix)")
    let y = try archive.array("y\(suffix)")
    guard !x.shape.isEmpty, !y.shape.isEmpty, x.count == y.count else {
      throw DatasetError(
        .mismatch,
        "\(x.source) has shape \(x.shape), \(y.source) \(y.shape); both must begin with the number of samples")
    }
    guard !x.shape.contains(0) else {
      throw DatasetError(.malformed, "\(x.source) has shape \(x.shape), which holds no samples")
    }
    return (x, y)
  }
}
