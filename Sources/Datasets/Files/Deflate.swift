import CZlib

/// zlib's raw deflate and checksum.
enum Deflate {
  /// Decompresses a stream without a header (RFC 1951).
  ///
  /// The result grows with what is decompressed, to little more than `size` bytes, so that a wrong size cannot exhaust
  /// memory.
  ///
  /// Throws `DatasetError` if the stream is damaged, ends too early, or holds more; `source` names it in messages.
  static func decompress(_ compressed: [UInt8], size: Int, source: String) throws -> [UInt8] {
    // In memory of its own: zlib remembers the address of its stream and refuses another.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw DatasetError(.unreadable, "\(source): zlib cannot start: out of memory")
    }
    defer { inflateEnd(stream) }
    let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 20)
    defer { chunk.deallocate() }
    var input = compressed
    var output: [UInt8] = []
    return try input.withUnsafeMutableBufferPointer { input in
      stream.pointee.next_in = input.baseAddress
      stream.pointee.avail_in = UInt32(input.count)
      while true {
        stream.pointee.next_out = chunk.baseAddress
        stream.pointee.avail_out = UInt32(chunk.count)
        let code = inflate(stream, Z_NO_FLUSH)
        output.append(contentsOf: chunk.dropLast(Int(stream.pointee.avail_out)))
        guard output.count <= size else {
          throw DatasetError(.malformed, "\(source): decompresses to more than its \(size) bytes; save the file again")
        }
        switch code {
        case Z_STREAM_END: return output
        case Z_OK where stream.pointee.avail_out == 0: continue
        case Z_OK, Z_BUF_ERROR:
          throw DatasetError(.truncated, "\(source): its compressed data end too early; copy or save the file again")
        default:
          let text = stream.pointee.msg.map { String(cString: $0) } ?? "code \(code)"
          throw DatasetError(.malformed, "\(source): damaged (\(text)); copy or save the file again")
        }
      }
    }
  }

  /// CRC-32 as zip and gzip have it.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes, bytes.count))
  }
}
