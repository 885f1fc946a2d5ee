import Datasets
import Foundation
import Testing

@Suite struct FashionMNISTTests {
  private static let images = "train-images-idx3-ubyte"
  private static let labels = "train-labels-idx1-ubyte"

  @Test("The four files are read, compressed or not", arguments: [true, false])
  func reads(compressed: Bool) throws {
    let files = try DataFiles()
    try files.writeFashionMNIST(compressed: compressed)
    let data = try FashionMNIST.load(directory: files.path)
    #expect(data.name == "fashion-mnist")
    #expect(!data.isSynthetic)
    #expect(data.train.count == 30)
    #expect(data.validation.count == 10)
    #expect(data.sampleShape == [1, 28, 28])
    #expect(data.classCount == 10)
    #expect(data.train.labels[13] == 3)
    #expect(data.train.pixels[(13 * 784)..<(14 * 784)].allSatisfy { $0 == 13 })
  }

  @Test("A pixel becomes (byte / 255 − 0.2860) / 0.3530")
  func normalization() throws {
    let files = try DataFiles()
    try files.writeFashionMNIST()
    let data = try FashionMNIST.load(directory: files.path)
    let batch = try filledBatch(data, .train, [29, 0])
    #expect(batch.labels == [9, 0])
    #expect(batch.values[..<784].allSatisfy { $0 == Float((29.0 / 255 - 0.2860) / 0.3530) })
    #expect(batch.values[784...].allSatisfy { $0 == Float(-0.2860 / 0.3530) })
  }

  @Test("A missing file names the Debian package and the flag")
  func missing() throws {
    let files = try DataFiles()
    try files.writeFashionMNIST()
    try FileManager.default.removeItem(atPath: files.file("t10k-labels-idx1-ubyte.gz"))
    let error = #expect(throws: DatasetError.self) { try FashionMNIST.load(directory: files.path) }
    #expect(error?.kind == .missing)
    for part in [files.path, "t10k-labels-idx1-ubyte", "dataset-fashion-mnist", "--data-dir"] {
      #expect(error?.description.contains(part) == true)
    }
  }

  @Test("A gzip file cut anywhere is truncated, not read short", arguments: [0.1, 0.5, 0.9, 1.0])
  func truncatedGzip(share: Double) throws {
    let files = try DataFiles()
    try files.writeFashionMNIST()
    let whole = try files.read("\(Self.images).gz")
    // At 1.0 only the last byte of the checksum trailer is gone.
    try files.write("\(Self.images).gz", Array(whole.prefix(min(whole.count - 1, Int(Double(whole.count) * share)))))
    let error = #expect(throws: DatasetError.self) { try FashionMNIST.load(directory: files.path) }
    #expect(error?.kind == .truncated)
    #expect(error?.description.contains(Self.images) == true)
  }

  @Test("A damaged gzip file is refused by its checksum")
  func damagedGzip() throws {
    let files = try DataFiles()
    try files.writeFashionMNIST()
    var bytes = try files.read("\(Self.images).gz")
    bytes[bytes.count - 6] ^= 0xFF
    try files.write("\(Self.images).gz", bytes)
    #expect(#expect(throws: DatasetError.self) { try FashionMNIST.load(directory: files.path) }?.kind == .malformed)
  }

  /// Contents of one of the training files, and the error they must give.
  struct Broken: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: String
    let bytes: [UInt8]
    let kind: DatasetError.Kind

    init(_ name: String, _ file: String, _ bytes: [UInt8], _ kind: DatasetError.Kind) {
      testDescription = name
      self.file = file
      self.bytes = bytes
      self.kind = kind
    }
  }

  private static let grey = [UInt8](repeating: 1, count: 30 * 784)
  static let broken: [Broken] = [
    Broken("an empty file", images, [], .malformed),
    Broken("a web page", images, Array("<!DOCTYPE html>".utf8), .malformed),
    Broken("labels where images belong", images, DataFiles.idx([30], [UInt8](repeating: 0, count: 30)), .malformed),
    Broken(
      "floats where bytes belong", images, [0, 0, 0x0D, 3] + DataFiles.idx([30, 28, 28], grey).dropFirst(4), .malformed),
    Broken("a header cut short", images, [0, 0, 8, 3, 0, 0], .truncated),
    Broken("no images", images, DataFiles.idx([0, 28, 28], []), .malformed),
    Broken("an absurd header", images, DataFiles.idx([1 << 31, 1 << 31, 1 << 31], []), .malformed),
    Broken("a header that promises terabytes", images, DataFiles.idx([1 << 31, 28, 28], grey), .truncated),
    Broken("fewer pixels than promised", images, DataFiles.idx([30, 28, 28], Array(grey.dropLast())), .truncated),
    Broken("more pixels than promised", images, DataFiles.idx([30, 28, 28], grey + [0]), .malformed),
    Broken("images of another size", images, DataFiles.idx([30, 14, 56], grey), .malformed),
    Broken("fewer labels than images", labels, DataFiles.idx([29], [UInt8](repeating: 0, count: 29)), .mismatch),
    Broken("a label of 10", labels, DataFiles.idx([30], [UInt8](repeating: 10, count: 30)), .labelOutOfRange),
  ]

  @Test("A broken file is refused with its kind, and the message names it", arguments: broken)
  func brokenFile(_ broken: Broken) throws {
    let files = try DataFiles()
    try files.writeFashionMNIST(compressed: false)
    try files.write(broken.file, broken.bytes)
    let error = #expect(throws: DatasetError.self) { try FashionMNIST.load(directory: files.path) }
    #expect(error?.kind == broken.kind)
    #expect(error?.description.contains(files.file(broken.file)) == true)
  }
}
