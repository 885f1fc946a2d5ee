import CZlib
import Foundation
import Testing

/// Bytes of `.npy` files, as numpy writes them or not.
enum NumpyBytes {
  static func array<Number: BitwiseCopyable>(
    _ numbers: [Number], _ shape: [Int], descr: String, isFortranOrder: Bool = false, version: UInt8 = 1
  ) -> [UInt8] {
    let extents = shape.map { "\($0)," }.joined(separator: " ")
    let header =
      "{'descr': '\(descr)', 'fortran_order': \(isFortranOrder ? "True" : "False"), 'shape': (\(extents)), }"
    return file(header: header, numbers.withUnsafeBytes(Array.init), version: version)
  }

  /// A file with any header.
  static func file(header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let text = Array(header.utf8) + [UInt8(ascii: "\n")]
    let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(text.count >> (8 * $0) & 0xFF) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
  }

  static func bytes(_ pixels: [UInt8], _ shape: [Int]) -> [UInt8] { array(pixels, shape, descr: "|u1") }

  static func labels(_ labels: [Int64], _ shape: [Int]? = nil) -> [UInt8] {
    array(labels, shape ?? [labels.count], descr: "<i8")
  }
}

/// Bytes of zip files.
enum ZipBytes {
  /// An archive of entries; fields of the directory can be set to what they should not be.
  static func archive(
    _ entries: [(name: String, contents: [UInt8])], isDeflated: Bool = false, flags: Int = 0, method: Int? = nil,
    size: Int? = nil, comment: String = ""
  ) throws -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, contents) in entries {
      let stored = isDeflated ? try deflated(contents) : contents
      let checksum = Int(crc32(0, contents, UInt32(contents.count)))
      let common =
        little(flags, 2) + little(method ?? (isDeflated ? 8 : 0), 2) + little(0, 4) + little(checksum, 4)
        + little(stored.count, 4) + little(size ?? contents.count, 4) + little(name.utf8.count, 2) + little(0, 2)
      directory += little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + common
      directory += little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(file.count, 4) + name.utf8
      file += little(0x0403_4B50, 4) + little(20, 2) + common + name.utf8 + stored
    }
    let end =
      little(0x0605_4B50, 4) + little(0, 4) + little(entries.count, 2) + little(entries.count, 2)
      + little(directory.count, 4) + little(file.count, 4) + little(comment.utf8.count, 2) + Array(comment.utf8)
    return file + directory + end
  }

  private static func little(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(number >> (8 * $0) & 0xFF) }
  }

  /// A raw deflate stream.
  private static func deflated(_ bytes: [UInt8]) throws -> [UInt8] {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    defer { stream.deallocate() }
    stream.initialize(to: z_stream())
    try #require(
      deflateInit2_(
        stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { deflateEnd(stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + 64)
    try input.withUnsafeMutableBufferPointer { input in
      try output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        try #require(deflate(stream, Z_FINISH) == Z_STREAM_END)
      }
    }
    return Array(output.dropLast(Int(stream.pointee.avail_out)))
  }
}

/// Files that numpy 2.4 wrote, in Base64.
///
/// `x = numpy.arange(24, dtype=numpy.uint8).reshape(4, 2, 3); y = numpy.array([0, 2, 1, 2])`
enum NumpyFixtures {
  /// numpy.savez(file, x=x, y=y).
  static let stored = """
    UEsDBC0AAAAAAAAAIQBFgVML//////////8FABQAeC5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJ3x1MScs\
    ICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICg0LCAyLCAzKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAKAAECAwQFBgcICQoLDA0ODxAREhMUFRYXUEsDBC0AAAAAAAAAIQCH3qZs//////////8FABQAeS5ucHkB\
    ABAAoAAAAAAAAACgAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxpOCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICg0\
    LCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAAAACAAAAAAAA\
    AAEAAAAAAAAAAgAAAAAAAABQSwECLQMtAAAAAAAAACEARYFTC5gAAACYAAAABQAAAAAAAAAAAAAAgAEAAAAAeC5ucHlQSwECLQMtAAAAAAAA\
    ACEAh96mbKAAAACgAAAABQAAAAAAAAAAAAAAgAHPAAAAeS5ucHlQSwUGAAAAAAIAAgBmAAAApgEAAAAA
    """
  /// numpy.savez_compressed(file, x=x, y=y).
  static let compressed = """
    UEsDBC0AAAAIAAAAIQBFgVML//////////8FABQAeC5ucHkBABAAmAAAAAAAAABhAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiu\
    o6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GiY6CkY6CsaaOgq1CuQBLgZGJmYWVjZ2Dk4ubh5ePn4BQSFhEVExcQBQSwMELQAAAAgA\
    AAAhAIfepmz//////////wUAFAB5Lm5weQEAEACgAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgX\
    n1+UkgoSd0vMKU4FihdnJBakAvkaJjqaOgq1ChQALgYoYILSjGh8AFBLAQItAy0AAAAIAAAAIQBFgVMLYQAAAJgAAAAFAAAAAAAAAAAAAACA\
    AQAAAAB4Lm5weVBLAQItAy0AAAAIAAAAIQCH3qZsTAAAAKAAAAAFAAAAAAAAAAAAAACAAZgAAAB5Lm5weVBLBQYAAAAAAgACAGYAAAAbAQAA\
    AAA=
    """

  static func bytes(_ base64: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: base64))) }
}
