import SafetensorsFormat

/// Reads the labels, tokens, pairs and ratings of a file of batches once, a step at a time, and checks them.
struct ReplayedScan {
  let file: SafetensorsFile

  /// A label, token, user or item above this is taken for damage where their number is not given.
  private static let largestImplied: Int64 = 65_535

  /// Number of classes, tokens, or users and items in an I64 tensor.
  ///
  /// - Parameters:
  ///   - tensor: [steps, …].
  ///   - words: what numbers are called ("a class"), for each column that the last dimension is cut into.
  ///   - limits: the number of each, nil where the largest found plus one is taken.
  ///
  /// Throws `DatasetError` at the first number that is negative or too large.
  func limit(of tensor: SafetensorsTensor, _ words: [String], _ limits: [Int?]) throws -> [Int] {
    let bounds = limits.map { $0.map(Int64.init) ?? ReplayedScan.largestImplied + 1 }
    var largest = [Int64](repeating: 0, count: words.count)
    try forEach(of: tensor, as: Int64.self) { index, number in
      let column = index % words.count
      guard number >= 0, number < bounds[column] else {
        throw DatasetError(
          .labelOutOfRange,
          "\(place(of: index, in: tensor)) is \(number), expected \(words[column]) from 0 to "
            + "\(max(1, bounds[column]) - 1)")
      }
      largest[column] = max(largest[column], number)
    }
    return zip(limits, largest).map { $0 ?? Int($1) + 1 }
  }

  /// Throws `DatasetError` at the first number of an F32 tensor that is outside a range.
  func checkNumbers(of tensor: SafetensorsTensor, within range: ClosedRange<Float>) throws {
    try forEach(of: tensor, as: Float.self) { index, number in
      guard range.contains(number) else {
        throw DatasetError(
          .malformed,
          "\(place(of: index, in: tensor)) is \(number), expected "
            + (range == 0...1 ? "0 to 1, as interactions are" : "a finite number"))
      }
    }
  }

  private func forEach<Number: BitwiseCopyable>(
    of tensor: SafetensorsTensor, as type: Number.Type, _ body: (Int, Number) throws -> Void
  ) throws {
    let step = tensor.shape.dropFirst().reduce(1, *)
    let buffer = UnsafeMutableBufferPointer<Number>.allocate(capacity: step)
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: tensor.shape[0] * step, by: step) {
      try file.read(tensor, at: start * MemoryLayout<Number>.size, into: UnsafeMutableRawBufferPointer(buffer))
      for index in 0..<step { try body(start + index, buffer[index]) }
    }
  }

  /// "FILE: y[1, 1]".
  private func place(of index: Int, in tensor: SafetensorsTensor) -> String {
    var rest = index
    var place: [String] = []
    for extent in tensor.shape.reversed() {
      place.append("\(rest % extent)")
      rest /= extent
    }
    return "\(file.path): \(tensor.name)[\(place.reversed().joined(separator: ", "))]"
  }
}
