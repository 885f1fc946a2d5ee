/// An array read from a file: element type, extents, and the bytes of its elements, little-endian, row-major.
struct NumericArray: Sendable {
  /// Element types that are read.
  enum Element: String, Sendable {
    case uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, float32, float64

    /// Bytes of one element.
    var size: Int {
      switch self {
      case .uint8, .int8: 1
      case .uint16, .int16, .float16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      }
    }

    /// Whether elements are integers.
    var isInteger: Bool {
      switch self {
      case .float16, .float32, .float64: false
      default: true
      }
    }
  }

  /// Where it was read from, for messages: "FILE: x".
  let source: String
  let element: Element
  let shape: [Int]
  let bytes: ArraySlice<UInt8>

  /// Extent of the first dimension.
  var count: Int { shape.first ?? 1 }

  /// Extents but the first.
  var sampleShape: [Int] { Array(shape.dropFirst()) }

  /// Bytes of `shape`; nil where that overflows or an extent is negative.
  static func byteCount(_ element: Element, _ shape: [Int]) -> Int? {
    guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
    // A zero anywhere makes the array empty, however large the other extents.
    guard !shape.contains(0) else { return 0 }
    var size = element.size
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      size = product
    }
    return size
  }

  /// The rows of a range of the first dimension; nothing is copied.
  func rows(_ range: Range<Int>) -> NumericArray {
    let row = count == 0 ? 0 : bytes.count / count
    let start = bytes.startIndex
    return NumericArray(
      source: source, element: element, shape: [range.count] + shape.dropFirst(),
      bytes: bytes[(start + range.lowerBound * row)..<(start + range.upperBound * row)])
  }

  /// The elements of an array of integers; throws `DatasetError` where it holds floats or a number above 2⁶³ − 1.
  func integers() throws -> [Int64] {
    switch element {
    case .uint8: return bytes.map(Int64.init)
    case .int8: return numbers(Int8.self).map(Int64.init)
    case .uint16: return numbers(UInt16.self).map(Int64.init)
    case .int16: return numbers(Int16.self).map(Int64.init)
    case .uint32: return numbers(UInt32.self).map(Int64.init)
    case .int32: return numbers(Int32.self).map(Int64.init)
    case .int64: return numbers(Int64.self)
    case .uint64:
      return try numbers(UInt64.self).map {
        guard let number = Int64(exactly: $0) else {
          throw DatasetError(.labelOutOfRange, "\(source) holds \($0), larger than any label")
        }
        return number
      }
    case .float16, .float32, .float64:
      throw DatasetError(.malformed, "\(source) is \(element.rawValue), expected integers; convert it before saving")
    }
  }

  /// The elements of an array of floats, rounded to float32.
  ///
  /// Throws `DatasetError` where it holds integers, or a number that is not finite in float32.
  func floats() throws -> [Float] {
    let values: [Float]
    switch element {
    case .float16: values = numbers(UInt16.self).map { Float(Float16(bitPattern: $0)) }
    case .float32: values = numbers(UInt32.self).map { Float(bitPattern: $0) }
    case .float64: values = numbers(UInt64.self).map { Float(Double(bitPattern: $0)) }
    default:
      throw DatasetError(.malformed, "\(source) is \(element.rawValue), expected floats; convert it before saving")
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw DatasetError(.malformed, "\(source): number \(index) is \(values[index]), expected a finite number")
    }
    return values
  }

  private func numbers<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> [Number] {
    bytes.withUnsafeBytes { raw in
      let size = MemoryLayout<Number>.size
      return (0..<(raw.count / size)).map {
        Number(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: type))
      }
    }
  }
}
