import Foundation
import TensorCore
import Testing

@testable import Datasets

/// Any data set in the layout of MNIST's files, by its path.
@Suite struct MNISTLayoutTests {
  private let files: DataFiles

  init() throws { files = try DataFiles() }

  private func write(train: [UInt8], validation: [UInt8]) throws {
    for (prefix, labels) in [("train", train), ("t10k", validation)] {
      let pixels = (0..<(labels.count * 6)).map { UInt8($0 % 256) }
      try files.write("\(prefix)-images-idx3-ubyte", DataFiles.idx([labels.count, 2, 3], pixels))
      try files.write("\(prefix)-labels-idx1-ubyte", DataFiles.idx([labels.count], labels))
    }
  }

  @Test("Images of any size and as many classes as the labels imply are read")
  func reads() throws {
    try write(train: [0, 3, 1], validation: [4, 0])
    let opened = try DataCatalog.open(name: files.path)
    let data = try #require(opened.dataset as? ImageDataset)
    #expect(data.name == FilePath.lastComponent(files.path))
    #expect(data.sampleShape == [1, 2, 3])
    #expect(data.classNames == ["0", "1", "2", "3", "4"])
    #expect(data.train.labels == [0, 3, 1])
    #expect(data.validation.count == 2)
    #expect(opened.note.contains("MNIST's layout"))
    let values = try filledBatch(data, .train, [0, 1, 2]).values
    #expect(abs(values.reduce(0, +)) < 1e-4)
  }

  @Test("A damaged or missing file is refused, and the message does not send to Fashion-MNIST's package")
  func damaged() throws {
    try write(train: [0, 3, 1], validation: [4, 0])
    let whole = try files.read("train-images-idx3-ubyte")
    for count in 0..<whole.count {
      try files.write("train-images-idx3-ubyte", Array(whole.prefix(count)))
      let error = #expect(throws: DatasetError.self, "cut at \(count)") { try DataCatalog.open(path: files.path) }
      #expect(error?.description.contains("dataset-fashion-mnist") == false)
    }
    try FileManager.default.removeItem(atPath: files.file("train-images-idx3-ubyte"))
    let missing = #expect(throws: DatasetError.self) { try DataCatalog.open(path: files.path) }
    #expect(missing?.kind == .missing)
    let single = #expect(throws: DatasetError.self) {
      try DataCatalog.open(path: files.file("t10k-images-idx3-ubyte"))
    }
    #expect(single?.description.contains("folder") == true)
  }
}
