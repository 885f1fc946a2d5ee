import Glibc

/// A regular file open for reading at any place.
struct RandomAccessFile: ~Copyable {
  /// Path, as given.
  let path: String
  /// Size in bytes when it was opened.
  let size: Int
  private let descriptor: Int32

  /// Opens a file; throws `DatasetError` if it is not there, no regular file, or cannot be opened.
  init(path: String) throws {
    guard let kind = FilePath.kind(of: path) else { throw DatasetError(.missing, "\(path): not found") }
    // Asked before opening: a pipe without a writer would keep `open` waiting.
    guard kind == .file else { throw DatasetError(.unreadable, "\(path): not a regular file") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      if descriptor >= 0 { close(descriptor) }
      throw DatasetError(.unreadable, "\(path): cannot open: \(reason)")
    }
    self.path = path
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Bytes of a range; throws `DatasetError` if the file ends before it or cannot be read.
  func read(_ range: Range<Int>) throws -> [UInt8] {
    guard range.upperBound <= size else {
      throw DatasetError(
        .truncated, "\(path): bytes up to \(range.upperBound) are needed, the file has \(size); copy it again")
    }
    return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
      while initialized < range.count {
        let count = pread(
          descriptor, buffer.baseAddress.map { $0 + initialized }, range.count - initialized,
          off_t(range.lowerBound + initialized))
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else {
          throw DatasetError(.unreadable, "\(path): cannot read: \(String(cString: strerror(errno)))")
        }
        guard count > 0 else { throw DatasetError(.truncated, "\(path): the file was shortened while it was read") }
        initialized += count
      }
    }
  }

  /// All bytes; throws `DatasetError` if the file cannot be read.
  func readAll() throws -> [UInt8] { try read(0..<size) }
}
