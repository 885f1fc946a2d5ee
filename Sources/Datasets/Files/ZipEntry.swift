/// Where an entry of a zip file lies, and how.
struct ZipEntry {
  static let localSignature = 0x0403_4B50
  static let localHeaderSize = 30
  private static let directorySignature = 0x0201_4B50
  private static let directoryHeaderSize = 46

  /// First byte of the header in front of the data.
  let offset: Int
  let compressedSize: Int
  let size: Int
  let checksum: UInt32
  let isDeflated: Bool

  /// The entry that stands at an offset of the directory, and the bytes that it takes there; nil where none does.
  ///
  /// Throws `DatasetError` for an entry that is encrypted, zip64, or compressed in another way.
  static func parse(
    _ bytes: LittleEndian, at offset: Int, path: String
  ) throws -> (name: String, entry: ZipEntry, length: Int)? {
    guard offset + directoryHeaderSize <= bytes.count, bytes.uint32(at: offset) == directorySignature else {
      return nil
    }
    let nameLength = bytes.uint16(at: offset + 28)
    let length = directoryHeaderSize + nameLength + bytes.uint16(at: offset + 30) + bytes.uint16(at: offset + 32)
    guard offset + length <= bytes.count else { return nil }
    let nameStart = offset + directoryHeaderSize
    let name = bytes.text(nameStart..<(nameStart + nameLength))
    let source = "\(path): entry \"\(name)\""
    guard bytes.uint16(at: offset + 8) & 1 == 0 else {
      throw DatasetError(.malformed, "\(source): encrypted; save the file without a password")
    }
    let method = bytes.uint16(at: offset + 10)
    guard method == 0 || method == 8 else {
      throw DatasetError(.malformed, "\(source): compressed by method \(method), expected none or deflate")
    }
    let entry = ZipEntry(
      offset: bytes.uint32(at: offset + 42), compressedSize: bytes.uint32(at: offset + 20),
      size: bytes.uint32(at: offset + 24), checksum: UInt32(bytes.uint32(at: offset + 16)), isDeflated: method == 8)
    guard max(entry.offset, entry.compressedSize, entry.size) < 0xFFFF_FFFF else { throw zip64(path) }
    return (name, entry, length)
  }

  static func zip64(_ path: String) -> DatasetError {
    DatasetError(
      .malformed, "\(path): a zip64 file, which is not read; save arrays of 4 GiB and more as .npy files in a folder")
  }
}

/// Bytes of which numbers are read, least significant byte first.
struct LittleEndian {
  private let bytes: [UInt8]

  var count: Int { bytes.count }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The two bytes from an offset on, which must be there.
  func uint16(at offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }

  /// The four bytes from an offset on, which must be there.
  func uint32(at offset: Int) -> Int { uint16(at: offset) | uint16(at: offset + 2) << 16 }

  func slice(_ range: Range<Int>) -> LittleEndian { LittleEndian(Array(bytes[range])) }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
