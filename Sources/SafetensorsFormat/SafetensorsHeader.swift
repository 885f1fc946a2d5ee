import Foundation

/// One tensor of a safetensors file.
public struct SafetensorsTensor: Sendable, Hashable {
  /// Name, for example "features.0.weight".
  public var name: String
  /// Element type.
  public var dtype: SafetensorsDType
  /// Extents, row-major; empty for a scalar.
  public var shape: [Int]
  /// Bytes of the tensor, counted from the start of the file's data.
  public var byteRange: Range<Int>

  /// Number of elements.
  public var elementCount: Int { byteRange.count * 8 / dtype.bitWidth }
}

/// The checked header of a safetensors file.
struct SafetensorsHeader: Sendable {
  /// Largest header that the format allows, in bytes.
  static let maximumByteCount = 100_000_000

  /// Free text by key.
  var metadata: [String: String]
  /// Tensors in the order of their data.
  var tensors: [SafetensorsTensor]

  /// Parses and checks the JSON of a header.
  ///
  /// - Parameters:
  ///   - json: the bytes after the length field.
  ///   - dataByteCount: number of bytes of the file after the header.
  ///   - path: the file, for messages.
  init(json: Data, dataByteCount: Int, path: String) throws {
    guard json.first == UInt8(ascii: "{") else {
      throw SafetensorsError(
        .malformedHeader, path: path, "the header does not begin with {; is it a safetensors file?")
    }
    let fields: HeaderFields
    do {
      fields = try JSONDecoder().decode(HeaderFields.self, from: json)
    } catch let error as DecodingError {
      throw SafetensorsError(.malformedHeader, path: path, "malformed header: \(error.explanation)")
    }
    if let twice = JSONKeys.firstDuplicate(in: json) {
      throw SafetensorsError(.duplicate, path: path, "\"\(twice)\" stands twice in the header")
    }
    metadata = fields.metadata
    tensors = try fields.tensors.map { try SafetensorsHeader.check($0.name, $0.entry, path: path) }
    tensors.sort { first, second in
      let (a, b) = (first.byteRange, second.byteRange)
      return (a.lowerBound, a.upperBound) < (b.lowerBound, b.upperBound)
    }
    try checkCoverage(dataByteCount: dataByteCount, path: path)
  }

  private static func check(_ name: String, _ entry: HeaderEntry, path: String) throws -> SafetensorsTensor {
    guard let dtype = SafetensorsDType(rawValue: entry.dtype) else {
      let known = SafetensorsDType.allCases.map(\.rawValue).joined(separator: ", ")
      throw SafetensorsError(
        .unknownDType, path: path, tensor: name, "unknown dtype \"\(entry.dtype)\"; known are \(known)")
    }
    guard entry.offsets.count == 2, entry.offsets[0] >= 0, entry.offsets[1] >= entry.offsets[0] else {
      throw SafetensorsError(
        .badOffsets, path: path, tensor: name, "data_offsets \(entry.offsets) are no range [begin, end]")
    }
    let range = entry.offsets[0]..<entry.offsets[1]
    guard let expected = dtype.byteCount(shape: entry.shape) else {
      throw SafetensorsError(
        .sizeMismatch, path: path, tensor: name,
        "shape \(entry.shape) of \(dtype.rawValue) has no size in whole bytes that fits 64 bits")
    }
    guard range.count == expected else {
      throw SafetensorsError(
        .sizeMismatch, path: path, tensor: name,
        "shape \(entry.shape) of \(dtype.rawValue) takes \(expected) bytes, data_offsets span \(range.count)")
    }
    return SafetensorsTensor(name: name, dtype: dtype, shape: entry.shape, byteRange: range)
  }

  /// Checks that the tensors follow each other without hole or overlap from 0 to the end of the file.
  private func checkCoverage(dataByteCount: Int, path: String) throws {
    var end = 0
    for tensor in tensors {
      let range = tensor.byteRange
      guard range.lowerBound == end else {
        let what = range.lowerBound < end ? "overlaps the tensor before it, which ends at" : "leaves a hole after byte"
        throw SafetensorsError(
          .badOffsets, path: path, tensor: tensor.name,
          "data range [\(range.lowerBound), \(range.upperBound)) \(what) \(end)")
      }
      guard range.upperBound <= dataByteCount else {
        throw SafetensorsError(
          .truncated, path: path, tensor: tensor.name,
          "data range [\(range.lowerBound), \(range.upperBound)) lies past the end of the file, which holds "
            + "\(dataByteCount) bytes of data; copy or save the file again")
      }
      end = range.upperBound
    }
    guard end == dataByteCount else {
      throw SafetensorsError(
        .trailingBytes, path: path, "\(dataByteCount - end) bytes after the last tensor belong to no tensor")
    }
  }
}

/// The header as it is written, before any check.
private struct HeaderFields: Decodable {
  var metadata: [String: String] = [:]
  var tensors: [(name: String, entry: HeaderEntry)] = []

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for key in container.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        tensors.append((key.stringValue, try container.decode(HeaderEntry.self, forKey: key)))
      }
    }
    tensors.sort { $0.name < $1.name }
  }
}

private struct HeaderEntry: Decodable {
  var dtype: String
  var shape: [Int]
  var offsets: [Int]

  enum CodingKeys: String, CodingKey {
    case dtype, shape
    case offsets = "data_offsets"
  }
}

extension DecodingError {
  /// Where in the document, and what.
  fileprivate var explanation: String {
    let context: Context
    switch self {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found): context = found
    case .keyNotFound(let key, let found):
      let place = found.codingPath.map { "\"\($0.stringValue)\"" }.joined(separator: " in ")
      return "\(place) has no \"\(key.stringValue)\""
    @unknown default: return String(describing: self)
    }
    let place = context.codingPath.map(\.stringValue).joined(separator: "/")
    return place.isEmpty ? context.debugDescription : "\"\(place)\": \(context.debugDescription)"
  }
}
