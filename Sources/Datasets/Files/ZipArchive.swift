/// The entries of a zip file, stored or deflated.
///
/// The directory at the end of the file is read and checked when the archive is opened, an entry when it is asked for.
/// Encrypted entries, several disks and zip64 are refused. Source: PKWARE, "APPNOTE.TXT", sections 4.3 and 4.4.
struct ZipArchive: ~Copyable {
  /// Bytes that every zip file with an entry begins with.
  static let magic: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  private let file: RandomAccessFile
  private let entries: [String: ZipEntry]

  /// Names of the entries, sorted.
  var names: [String] { entries.keys.sorted() }

  /// Path of the file.
  var path: String { file.path }

  /// Opens a file and checks its directory; throws `DatasetError`.
  init(path: String) throws {
    let file = try RandomAccessFile(path: path)
    entries = try ZipArchive.directory(of: file)
    self.file = file
  }

  /// The contents of an entry.
  ///
  /// Throws `DatasetError` if there is none of that name, it is damaged by its own checksum, or it cannot be read.
  func read(_ name: String) throws -> [UInt8] {
    guard let entry = entries[name] else {
      let found = names.isEmpty ? "nothing" : names.joined(separator: ", ")
      throw DatasetError(.missing, "\(path): holds no \"\(name)\"; it holds \(found)")
    }
    let source = "\(path): entry \"\(name)\""
    let headerSize = ZipEntry.localHeaderSize
    guard entry.offset + headerSize <= file.size else {
      throw DatasetError(.truncated, "\(source): lies behind the end of the file; copy it again")
    }
    // Sizes are those of the directory: numpy leaves the ones in front of the data to zip64 fields.
    let header = LittleEndian(try file.read(entry.offset..<(entry.offset + headerSize)))
    guard header.uint32(at: 0) == ZipEntry.localSignature else {
      throw DatasetError(.malformed, "\(source): its header is damaged; copy or save the file again")
    }
    let start = entry.offset + headerSize + header.uint16(at: 26) + header.uint16(at: 28)
    guard start + entry.compressedSize <= file.size else {
      throw DatasetError(.truncated, "\(source): runs over the end of the file; copy it again")
    }
    let stored = try file.read(start..<(start + entry.compressedSize))
    let contents = entry.isDeflated ? try Deflate.decompress(stored, size: entry.size, source: source) : stored
    guard contents.count == entry.size, Deflate.checksum(contents) == entry.checksum else {
      throw DatasetError(.malformed, "\(source): damaged, its size or checksum differs; copy or save the file again")
    }
    return contents
  }

  private static func directory(of file: borrowing RandomAccessFile) throws -> [String: ZipEntry] {
    let path = file.path
    let malformed = DatasetError(.malformed, "\(path): the directory of the zip file is damaged; copy or save it again")
    let end = try endRecord(of: file)
    guard end.bytes.uint16(at: 4) == 0, end.bytes.uint16(at: 6) == 0 else {
      throw DatasetError(.malformed, "\(path): a zip file in several parts is not read")
    }
    let count = end.bytes.uint16(at: 10)
    let size = end.bytes.uint32(at: 12)
    let start = end.bytes.uint32(at: 16)
    guard count < 0xFFFF, size < 0xFFFF_FFFF, start < 0xFFFF_FFFF else { throw ZipEntry.zip64(path) }
    guard count == end.bytes.uint16(at: 8), start + size <= end.offset else { throw malformed }
    let bytes = LittleEndian(try file.read(start..<(start + size)))
    var entries: [String: ZipEntry] = [:]
    var offset = 0
    for _ in 0..<count {
      guard let (name, entry, length) = try ZipEntry.parse(bytes, at: offset, path: path) else { throw malformed }
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw DatasetError(.malformed, "\(path): entry \"\(name)\" stands twice in the zip file")
      }
      offset += length
    }
    return entries
  }

  /// The record at the end of the file; a comment of up to 65,535 bytes may follow it.
  private static func endRecord(
    of file: borrowing RandomAccessFile
  ) throws -> (bytes: LittleEndian, offset: Int) {
    let size = 22
    let start = max(0, file.size - size - 0xFFFF)
    let tail = LittleEndian(try file.read(start..<file.size))
    for offset in stride(from: tail.count - size, through: 0, by: -1)
    where tail.uint32(at: offset) == 0x0605_4B50 && offset + size + tail.uint16(at: offset + 20) == tail.count {
      return (tail.slice(offset..<(offset + size)), start + offset)
    }
    throw DatasetError(.truncated, "\(file.path): no end of a zip file; copy or save it again")
  }
}
