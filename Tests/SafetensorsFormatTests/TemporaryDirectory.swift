import Foundation

/// A directory that goes away with its owner.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "safetensors-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a safetensors file of any header and data, right or wrong.
  func write(header: String, data: [UInt8], length: UInt64? = nil) throws -> String {
    let json = Array(header.utf8)
    let count = length ?? UInt64(json.count)
    let bytes = withUnsafeBytes(of: count.littleEndian) { Array($0) } + json + data
    let path = file("case.safetensors")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }
}
