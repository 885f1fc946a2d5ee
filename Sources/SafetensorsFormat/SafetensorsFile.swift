import Foundation
import Glibc

/// A safetensors file open for reading.
///
/// The header is read and checked at once, by the rules of the format's reference implementation; the data of a tensor
/// is read from the file when it is asked for, so that a file may be larger than memory. Reads from several threads at
/// once are safe. Format: https://github.com/huggingface/safetensors
public final class SafetensorsFile: Sendable {
  /// Path of the file, as given.
  public let path: String
  /// Free text by key, from the header's `__metadata__`.
  public let metadata: [String: String]
  /// Tensors in the order of their data.
  public let tensors: [SafetensorsTensor]

  private let descriptor: Int32
  private let dataStart: Int
  private let tensorsByName: [String: SafetensorsTensor]

  /// Opens a file and checks its header.
  ///
  /// Throws `SafetensorsError` if the file cannot be read, is truncated, or breaks a rule of the format.
  public init(path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SafetensorsError(.inputOutput, path: path, "cannot open: \(lastErrorText())")
    }
    do {
      let size = try SafetensorsFile.size(of: descriptor, path: path)
      let (header, start) = try SafetensorsFile.readHeader(descriptor, size: size, path: path)
      self.path = path
      self.descriptor = descriptor
      dataStart = start
      metadata = header.metadata
      tensors = header.tensors
      tensorsByName = Dictionary(uniqueKeysWithValues: header.tensors.map { ($0.name, $0) })
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// The tensor of a name; throws `SafetensorsError` if there is none.
  public func tensor(_ name: String) throws -> SafetensorsTensor {
    guard let tensor = tensorsByName[name] else {
      let names = tensorsByName.keys.sorted()
      let shown = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", … (\(names.count) in all)" : "")
      throw SafetensorsError(
        .missingTensor, path: path, tensor: name,
        "not in the file; it holds \(names.isEmpty ? "no tensors" : shown)")
    }
    return tensor
  }

  /// Whether there is a tensor of that name.
  public func contains(_ name: String) -> Bool { tensorsByName[name] != nil }

  /// All bytes of a tensor, row-major, little-endian.
  ///
  /// Throws `SafetensorsError` if there is no such tensor or it cannot be read.
  public func bytes(_ name: String) throws -> [UInt8] {
    let tensor = try tensor(name)
    let count = tensor.byteRange.count
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      try read(tensor, at: 0, into: UnsafeMutableRawBufferPointer(rebasing: raw[..<count]))
      initialized = count
    }
  }

  /// Fills a buffer with the bytes of a tensor from a byte offset within it on.
  ///
  /// Allocates nothing.
  ///
  /// Throws `SafetensorsError` if the range leaves the tensor or cannot be read.
  public func read(_ tensor: SafetensorsTensor, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    let (end, overflow) = offset.addingReportingOverflow(buffer.count)
    guard offset >= 0, !overflow, end <= tensor.byteRange.count else {
      throw SafetensorsError(
        .outOfRange, path: path, tensor: tensor.name,
        "bytes \(offset)..<\(overflow ? Int.max : end) were asked for, the tensor has \(tensor.byteRange.count)")
    }
    try SafetensorsFile.readFully(
      descriptor, at: dataStart + tensor.byteRange.lowerBound + offset, into: buffer, path: path, tensor: tensor.name)
  }

  private static func size(of descriptor: Int32, path: String) throws -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw SafetensorsError(.inputOutput, path: path, "cannot read: \(lastErrorText())")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SafetensorsError(.inputOutput, path: path, "not a regular file")
    }
    return Int(status.st_size)
  }

  private static func readHeader(
    _ descriptor: Int32, size: Int, path: String
  ) throws -> (header: SafetensorsHeader, dataStart: Int) {
    guard size >= 8 else {
      throw SafetensorsError(.truncated, path: path, "\(size) bytes are too few for a safetensors file")
    }
    var length: UInt64 = 0
    try withUnsafeMutableBytes(of: &length) { try readFully(descriptor, at: 0, into: $0, path: path, tensor: nil) }
    length = UInt64(littleEndian: length)
    guard length <= UInt64(SafetensorsHeader.maximumByteCount) else {
      throw SafetensorsError(
        .headerTooLarge, path: path,
        "the header is \(length) bytes long, at most \(SafetensorsHeader.maximumByteCount) are allowed; "
          + "is it a safetensors file?")
    }
    let headerCount = Int(length)
    guard 8 + headerCount <= size else {
      throw SafetensorsError(
        .truncated, path: path,
        "the header is \(headerCount) bytes long, the file only \(size); copy or save the file again")
    }
    var json = Data(count: headerCount)
    try json.withUnsafeMutableBytes { try readFully(descriptor, at: 8, into: $0, path: path, tensor: nil) }
    let header = try SafetensorsHeader(json: json, dataByteCount: size - 8 - headerCount, path: path)
    return (header, 8 + headerCount)
  }

  private static func readFully(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer, path: String, tensor: String?
  ) throws {
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw SafetensorsError(.inputOutput, path: path, tensor: tensor, "cannot read: \(lastErrorText())")
      }
      guard count > 0 else {
        throw SafetensorsError(.truncated, path: path, tensor: tensor, "the file was shortened while in use")
      }
      done += count
    }
  }
}

/// The operating system's words for the last failed call.
func lastErrorText() -> String { String(cString: strerror(errno)) }
