/// The header of a `.npy` file: a Python dictionary of `descr`, `fortran_order` and `shape`.
///
/// Magic number, version, length of the text (2 bytes in version 1, 4 in versions 2 and 3, little-endian), the text.
/// Source: NumPy, "NEP 1 — A simple file format for NumPy arrays" and numpy.lib.format.
struct NumpyHeader {
  /// The magic number.
  static let magic = [0x93] + Array("NUMPY".utf8)
  /// A header longer than this is damage; numpy itself trusts at most 10,000 bytes.
  private static let longestText = 1 << 16

  let element: NumericArray.Element
  let shape: [Int]
  /// Bytes in front of the elements.
  let byteCount: Int

  /// Reads the header that an array's bytes begin with.
  ///
  /// Throws `DatasetError` if it is cut short, is no such header, or describes anything but little-endian numbers in
  /// C order. `source` names the file in messages.
  init(_ bytes: ArraySlice<UInt8>, source: String) throws {
    guard bytes.starts(with: NumpyHeader.magic.prefix(bytes.count)) else {
      throw DatasetError(.malformed, "\(source): not a .npy array; save it with numpy.save or numpy.savez")
    }
    let cut = DatasetError(.truncated, "\(source): ends inside its header; copy or save it again")
    guard bytes.count >= 8 else { throw cut }
    let start = bytes.startIndex
    let version = bytes[start + 6]
    guard (1...3).contains(version), bytes[start + 7] == 0 else {
      throw DatasetError(
        .malformed, "\(source): format version \(version).\(bytes[start + 7]), expected 1.0, 2.0 or 3.0")
    }
    let lengthSize = version == 1 ? 2 : 4
    guard bytes.count >= 8 + lengthSize else { throw cut }
    let length = bytes[(start + 8)..<(start + 8 + lengthSize)].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= NumpyHeader.longestText else {
      throw DatasetError(.malformed, "\(source): a header of \(length) bytes is damaged; save it again")
    }
    byteCount = 8 + lengthSize + length
    guard bytes.count >= byteCount else { throw cut }
    let entries = try PythonLiteral.dictionary(bytes[(start + 8 + lengthSize)..<(start + byteCount)], source: source)
    (element, shape) = try NumpyHeader.interpret(entries, source: source)
  }

  private static func interpret(
    _ entries: [String: PythonLiteral], source: String
  ) throws -> (NumericArray.Element, [Int]) {
    guard entries.count == 3, case .text(let descr) = entries["descr"],
      case .truth(let isFortranOrder) = entries["fortran_order"], case .integers(let shape) = entries["shape"]
    else {
      throw DatasetError(
        .malformed,
        "\(source): the header must hold descr (a plain type), fortran_order and shape, and nothing else; "
          + "structured and object arrays are not read")
    }
    guard !isFortranOrder else {
      throw DatasetError(
        .malformed, "\(source): stored in Fortran order; save numpy.ascontiguousarray(…) of the array instead")
    }
    return (try element(descr, source: source), shape)
  }

  private static func element(_ descr: String, source: String) throws -> NumericArray.Element {
    let types: [String: NumericArray.Element] = [
      "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32, "i4": .int32, "u8": .uint64, "i8": .int64,
      "f2": .float16, "f4": .float32, "f8": .float64,
    ]
    guard let element = types[String(descr.dropFirst())], let order = descr.first, "<>|".contains(order),
      order != "|" || element.size == 1
    else {
      throw DatasetError(
        .malformed, "\(source): elements of type \"\(descr)\", expected integers or floats; convert it before saving")
    }
    guard order != ">" || element.size == 1 else {
      throw DatasetError(
        .malformed, "\(source): big-endian elements (\(descr)); convert with astype(\"<\(descr.dropFirst())\")")
    }
    return element
  }
}

extension NumericArray {
  /// The array in the bytes of a `.npy` file.
  ///
  /// Throws `DatasetError` if the header is not that of numbers in C order, or more or fewer bytes follow than it says.
  init(npy bytes: ArraySlice<UInt8>, source: String) throws {
    let header = try NumpyHeader(bytes, source: source)
    let found = bytes.count - header.byteCount
    guard let expected = NumericArray.byteCount(header.element, header.shape) else {
      throw DatasetError(.malformed, "\(source): shape \(header.shape) is impossible")
    }
    guard found >= expected else {
      throw DatasetError(
        .truncated,
        "\(source): holds \(found) of the \(expected) bytes of \(header.element.rawValue) \(header.shape); "
          + "copy or save it again")
    }
    guard found == expected else {
      throw DatasetError(
        .malformed,
        "\(source): \(found - expected) bytes follow the \(expected) of \(header.element.rawValue) \(header.shape)")
    }
    self.init(
      source: source, element: header.element, shape: header.shape, bytes: bytes.dropFirst(header.byteCount))
  }
}
