/// An array of unsigned bytes in the IDX format of the MNIST family.
///
/// Two zero bytes, the type (8 = unsigned byte), the rank, the extents as big-endian 32-bit integers, the elements.
/// Source: Yann LeCun, "THE MNIST DATABASE of handwritten digits", section "FILE FORMATS".
struct IDXFile: Sendable {
  /// Extents, outermost first.
  let shape: [Int]
  /// Elements, row-major.
  let bytes: [UInt8]

  /// Reads a file, compressed with gzip or not.
  ///
  /// Throws `DatasetError` if it cannot be read, is no IDX file of bytes of this rank, or is longer or shorter than
  /// its extents say. `hint` says what to do then.
  init(path: String, rank: Int, hint: String) throws {
    let reader = try GzipReader(path: path, hint: hint)
    let magic = try reader.read(4)
    guard magic == [0, 0, 8, UInt8(clamping: rank)] else {
      let expected = IDXFile.hexadecimal([0, 0, 8, UInt8(clamping: rank)])
      let found = magic.isEmpty ? "an empty file" : IDXFile.hexadecimal(magic)
      throw DatasetError(
        .malformed,
        "\(path): wrong magic number: found \(found), expected \(expected) (bytes in \(rank) dimensions); "
          + hint)
    }
    let header = try reader.read(4 * rank)
    guard header.count == 4 * rank else {
      throw DatasetError(.truncated, "\(path): ends inside its header; \(hint)")
    }
    var extents: [Int] = []
    var size = 1
    for axis in 0..<rank {
      let extent = header[(4 * axis)..<(4 * axis + 4)].reduce(0) { $0 << 8 | Int($1) }
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow, extent > 0 else {
        throw DatasetError(.malformed, "\(path): extent \(extent) of axis \(axis) is impossible")
      }
      size = product
      extents.append(extent)
    }
    bytes = try reader.read(size)
    guard bytes.count == size else {
      throw DatasetError(
        .truncated,
        "\(path): holds \(bytes.count) of the \(size) bytes that its header \(extents) promises; "
          + hint)
    }
    guard try reader.isAtEnd() else {
      throw DatasetError(.malformed, "\(path): holds more than the \(size) bytes that its header \(extents) promises")
    }
    shape = extents
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
