import CZlib
import Foundation
import Testing

/// A directory of small data files that goes away with its owner.
final class DataFiles {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "datasets-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  func writeGzip(_ name: String, _ bytes: [UInt8]) throws {
    let stream = try #require(gzopen(file(name), "wb"))
    defer { gzclose(stream) }
    try #require(gzwrite(stream, bytes, UInt32(bytes.count)) == bytes.count)
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  /// The four files of a tiny Fashion-MNIST: 30 training and 10 validation images, image i all of grey i.
  func writeFashionMNIST(compressed: Bool = true) throws {
    for (prefix, count) in [("train", 30), ("t10k", 10)] {
      let images = (0..<count).flatMap { [UInt8](repeating: UInt8($0), count: 784) }
      let labels = (0..<count).map { UInt8($0 % 10) }
      try writeIDX("\(prefix)-images-idx3-ubyte", DataFiles.idx([count, 28, 28], images), compressed: compressed)
      try writeIDX("\(prefix)-labels-idx1-ubyte", DataFiles.idx([count], labels), compressed: compressed)
    }
  }

  private func writeIDX(_ name: String, _ bytes: [UInt8], compressed: Bool) throws {
    if compressed { try writeGzip("\(name).gz", bytes) } else { try write(name, bytes) }
  }

  /// An IDX file of unsigned bytes, as its header says or not.
  static func idx(_ shape: [Int], _ elements: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(shape.count)] + shape.flatMap { extent in [24, 16, 8, 0].map { UInt8(extent >> $0 & 0xFF) } }
      + elements
  }
}
