import Foundation
import TensorCore
import Testing

@testable import Datasets

@Suite struct CIFAR10Tests {
  private let files: DataFiles
  private static let trainFiles = (1...5).map { "data_batch_\($0).bin" }

  init() throws {
    files = try DataFiles()
    for (index, name) in (Self.trainFiles + ["test_batch.bin"]).enumerated() {
      try files.write(name, Self.record(label: UInt8(index), red: 10, green: 20, blue: UInt8(30 + index)))
    }
  }

  /// One image of three even planes.
  private static func record(label: UInt8, red: UInt8, green: UInt8, blue: UInt8) -> [UInt8] {
    [label] + [red, green, blue].flatMap { [UInt8](repeating: $0, count: 1024) }
  }

  @Test("Five files to train on and one to validate on are read in order, normalised a channel at a time")
  func reads() throws {
    let data = try CIFAR10.load(directory: files.path)
    #expect(!data.isSynthetic)
    #expect(data.train.labels == [0, 1, 2, 3, 4])
    #expect(data.validation.labels == [5])
    #expect(data.sampleShape == [3, 32, 32])
    #expect(data.classNames == CIFAR10.classNames)
    #expect(data.normalization.channels.map { ($0.mean * 255).rounded() } == [10, 20, 32])
    // Red and green do not vary: they are divided by 1.
    let values = try filledBatch(data, .train, [0]).values
    #expect(values.prefix(2) == [0, 0])
    #expect(abs(values[2] + Float(2).squareRoot()) < 1e-5)
  }

  @Test("Compressed files, and a folder by its path, are read")
  func compressed() throws {
    let bytes = try files.read("test_batch.bin")
    try files.writeGzip("test_batch.bin.gz", bytes + bytes)
    let opened = try DataCatalog.open(name: files.path)
    #expect(opened.dataset.count(of: .validation) == 2)
    #expect(opened.dataset.task == .classification(classes: 10))
    #expect(opened.note.contains("CIFAR-10"))
    try files.writeGzip("test_batch.bin.gz", bytes)
    try files.write("test_batch.bin.gz", Array(try files.read("test_batch.bin.gz").dropLast()))
    let error = #expect(throws: DatasetError.self) { try DataCatalog.open(name: files.path) }
    #expect(error?.kind == .truncated)
  }

  @Test("Class names come from batches.meta.txt where it is there")
  func names() throws {
    let names = (0..<10).map { "class \($0)" }
    try files.write("batches.meta.txt", Array((names.joined(separator: "\n") + "\n\n").utf8))
    #expect(try CIFAR10.load(directory: files.path).classNames == names)
    try files.write("batches.meta.txt", Array("one\ntwo\n".utf8))
    let error = #expect(throws: DatasetError.self) { try CIFAR10.load(directory: files.path) }
    #expect(error?.kind == .malformed)
    #expect(error?.description.contains("batches.meta.txt") == true)
  }

  @Test("A missing file is named", arguments: [trainFiles[0], trainFiles[4], "test_batch.bin"])
  func missing(file: String) throws {
    try FileManager.default.removeItem(atPath: files.file(file))
    let error = #expect(throws: DatasetError.self) { try CIFAR10.load(directory: files.path) }
    #expect(error?.kind == .missing)
    #expect(error?.description.contains(file) == true)
  }

  @Test("A file that is no whole number of records, or is empty, is refused")
  func truncated() throws {
    let whole = try files.read("data_batch_3.bin")
    for bytes in [[], Array(whole.dropLast()), whole + [0], Array(whole.prefix(1))] {
      try files.write("data_batch_3.bin", bytes)
      let error = #expect(throws: DatasetError.self) { try CIFAR10.load(directory: files.path) }
      #expect(error?.kind == .truncated)
      #expect(error?.description.contains("data_batch_3.bin") == true)
    }
  }

  @Test("A label that is no class is named by its record")
  func badLabel() throws {
    let good = try files.read("data_batch_2.bin")
    try files.write("data_batch_2.bin", good + Self.record(label: 10, red: 0, green: 0, blue: 0))
    let error = #expect(throws: DatasetError.self) { try CIFAR10.load(directory: files.path) }
    #expect(error?.kind == .labelOutOfRange)
    #expect(error?.description.contains("label 1 is 10") == true)
  }
}
