import CZlib
import Glibc

/// Reads a file that may be compressed with gzip; a file without gzip's magic number is read as it is.
struct GzipReader: ~Copyable {
  private let path: String
  private let hint: String
  private let stream: gzFile

  /// Opens a file; throws `DatasetError` if that fails.
  ///
  /// `hint` says what to do where the file is damaged.
  init(path: String, hint: String) throws {
    guard let stream = gzopen(path, "rb") else {
      let reason = errno == 0 ? "out of memory" : String(cString: strerror(errno))
      throw DatasetError(.unreadable, "\(path): cannot open: \(reason)")
    }
    // zlib's default of 8 kB makes many small reads of a 26 MB file.
    gzbuffer(stream, 1 << 17)
    self.path = path
    self.hint = hint
    self.stream = stream
  }

  deinit { gzclose_r(stream) }

  /// Up to `count` bytes; fewer only at the end of the file.
  ///
  /// The result grows with what is read, so that a header that lies about its size cannot exhaust memory. Throws
  /// `DatasetError` if the file is truncated, damaged or cannot be read.
  func read(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, min(count, 1 << 20)), alignment: 16)
    defer { chunk.deallocate() }
    while bytes.count < count {
      let wanted = min(chunk.count, count - bytes.count)
      let got = gzread(stream, chunk.baseAddress, UInt32(wanted))
      bytes.append(contentsOf: chunk.prefix(max(0, Int(got))))
      if got < wanted {
        try check()
        break
      }
    }
    return bytes
  }

  /// True behind the last byte; checks gzip's own checksum on the way.
  func isAtEnd() throws -> Bool { try read(1).isEmpty }

  private func check() throws {
    var code: Int32 = 0
    guard let text = gzerror(stream, &code), code != Z_OK, code != Z_STREAM_END else { return }
    switch code {
    case Z_BUF_ERROR:
      throw DatasetError(.truncated, "\(path): the gzip file ends too early; \(hint)")
    case Z_ERRNO:
      throw DatasetError(.unreadable, "\(path): cannot read: \(String(cString: strerror(errno)))")
    default:
      throw DatasetError(.malformed, "\(path): damaged gzip file (\(String(cString: text))); \(hint)")
    }
  }
}
