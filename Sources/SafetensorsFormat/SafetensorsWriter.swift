import Foundation
import Glibc

/// Collects tensors and writes them as one safetensors file.
///
/// Wide element types come first, then names in order, as in files of the format's reference implementation,
/// and the header is padded with spaces to a multiple of 8 bytes, so that every element is aligned to its own size.
public struct SafetensorsWriter: Sendable {
  private struct Entry: Sendable {
    var name: String
    var dtype: SafetensorsDType
    var shape: [Int]
    var bytes: [UInt8]
  }

  /// The path that the file will get.
  public let path: String
  private let metadata: [String: String]
  private var entries: [Entry] = []
  private var names: Set<String> = []

  /// Creates an empty file in memory; nothing is written before `write()`.
  public init(path: String, metadata: [String: String] = [:]) {
    self.path = path
    self.metadata = metadata
  }

  /// Adds an F32 tensor, row-major.
  ///
  /// Throws `SafetensorsError` if the name is taken or count and shape differ.
  public mutating func add(_ name: String, shape: [Int], floats: [Float]) throws {
    try add(name, dtype: .f32, shape: shape, bytes: littleEndianBytes(floats.map(\.bitPattern)))
  }

  /// Adds an I64 tensor, row-major.
  ///
  /// Throws `SafetensorsError` if the name is taken or count and shape differ.
  public mutating func add(_ name: String, shape: [Int], int64s: [Int64]) throws {
    try add(name, dtype: .i64, shape: shape, bytes: littleEndianBytes(int64s))
  }

  /// Adds a tensor of any type from its bytes, row-major, little-endian.
  ///
  /// Throws `SafetensorsError` if the name is taken or reserved, or size and shape differ.
  public mutating func add(_ name: String, dtype: SafetensorsDType, shape: [Int], bytes: [UInt8]) throws {
    guard name != "__metadata__", names.insert(name).inserted else {
      throw SafetensorsError(.duplicate, path: path, tensor: name, "the name is already taken")
    }
    guard let expected = dtype.byteCount(shape: shape), expected == bytes.count else {
      names.remove(name)
      throw SafetensorsError(
        .sizeMismatch, path: path, tensor: name,
        "\(bytes.count) bytes were given for shape \(shape) of \(dtype.rawValue)")
    }
    entries.append(Entry(name: name, dtype: dtype, shape: shape, bytes: bytes))
  }

  /// Writes the file: first under a temporary name beside it, then renamed, so that a reader sees the old file or the
  /// new one and never a part.
  ///
  /// Throws `SafetensorsError` if the file cannot be written or the path is something other than a regular file.
  public func write() throws {
    // Renaming over a device such as /dev/null would replace it.
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw SafetensorsError(.inputOutput, path: path, "cannot write: exists and is not a regular file")
    }
    let ordered = entries.sorted { ($1.dtype.bitWidth, $0.name) < ($0.dtype.bitWidth, $1.name) }
    let header = try headerBytes(ordered)
    guard header.count - 8 <= SafetensorsHeader.maximumByteCount else {
      throw SafetensorsError(.headerTooLarge, path: path, "the header would be longer than 100 MB")
    }

    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("create", temporary) }
    var open = true
    do {
      try writeFully(descriptor, header)
      for entry in ordered { try writeFully(descriptor, entry.bytes) }
      guard fsync(descriptor) == 0 else { throw failure("write", temporary) }
      open = false
      guard close(descriptor) == 0 else { throw failure("write", temporary) }
      guard rename(temporary, path) == 0 else { throw failure("rename to \(path)", temporary) }
    } catch {
      if open { close(descriptor) }
      unlink(temporary)
      throw error
    }
  }

  /// Length field and padded JSON.
  private func headerBytes(_ ordered: [Entry]) throws -> [UInt8] {
    var parts: [String] = []
    if !metadata.isEmpty {
      let pairs = try metadata.sorted { $0.key < $1.key }.map { "\(try quoted($0.key)):\(try quoted($0.value))" }
      parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for entry in ordered {
      let end = offset + entry.bytes.count
      let shape = entry.shape.map(String.init).joined(separator: ",")
      parts.append(
        "\(try quoted(entry.name)):{\"dtype\":\"\(entry.dtype.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var json = Array("{\(parts.joined(separator: ","))}".utf8)
    while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
    return littleEndianBytes([UInt64(json.count)]) + json
  }

  private func quoted(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(text), as: UTF8.self)
  }

  private func writeFully(_ descriptor: Int32, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { raw in
      var done = 0
      while done < raw.count {
        let count = Glibc.write(descriptor, raw.baseAddress.map { $0 + done }, raw.count - done)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure("write", path) }
        done += count
      }
    }
  }

  private func failure(_ verb: String, _ file: String) -> SafetensorsError {
    SafetensorsError(.inputOutput, path: file, "cannot \(verb): \(lastErrorText())")
  }
}

private func littleEndianBytes<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
  values.map(\.littleEndian).withUnsafeBytes { Array($0) }
}
