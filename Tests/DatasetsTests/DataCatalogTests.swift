import Datasets
import Foundation
import Testing

@Suite struct DataCatalogTests {
  @Test("Without a name Fashion-MNIST is taken where it is installed")
  func installed() throws {
    let files = try DataFiles()
    try files.writeFashionMNIST()
    let opened = try DataCatalog.open(name: nil, directory: nil, seed: 1, packageDirectory: files.path)
    #expect(opened.dataset.name == "fashion-mnist")
    #expect(opened.note.contains(files.path))
  }

  @Test("Without a name and without files the synthetic set is taken, and the note names the package")
  func fallback() throws {
    let files = try DataFiles()
    let opened = try DataCatalog.open(
      name: nil, directory: nil, seed: 1, packageDirectory: files.path, syntheticCounts: (train: 20, validation: 10))
    #expect(opened.dataset.name == "synthetic")
    #expect(opened.dataset.train.count == 20)
    #expect(opened.note.contains("dataset-fashion-mnist"))
    #expect(opened.note.contains("not installed"))
  }

  @Test("An installation that is broken is an error, not a reason to take something else")
  func broken() throws {
    let files = try DataFiles()
    try files.writeFashionMNIST()
    try files.write("t10k-images-idx3-ubyte.gz", [1, 2, 3])
    #expect(throws: DatasetError.self) {
      try DataCatalog.open(name: nil, directory: nil, seed: 1, packageDirectory: files.path)
    }
    try FileManager.default.removeItem(atPath: files.file("train-images-idx3-ubyte.gz"))
    let missing = #expect(throws: DatasetError.self) {
      try DataCatalog.open(name: nil, directory: nil, seed: 1, packageDirectory: files.path)
    }
    #expect(missing?.kind == .missing)
  }

  @Test("A directory is Fashion-MNIST's, with or without the name, and must hold it")
  func directory() throws {
    let files = try DataFiles()
    for name in [nil, "fashion-mnist"] {
      let error = #expect(throws: DatasetError.self) {
        try DataCatalog.open(name: name, directory: files.path, seed: 1)
      }
      #expect(error?.kind == .missing)
    }
    try files.writeFashionMNIST(compressed: false)
    for name in [nil, "fashion-mnist"] {
      #expect(try DataCatalog.open(name: name, directory: files.path, seed: 1).dataset.train.count == 30)
    }
  }

  @Test("The synthetic set by name gives no reason, and takes no directory")
  func synthetic() throws {
    let opened = try DataCatalog.open(
      name: "synthetic", directory: nil, seed: 7, syntheticCounts: (train: 20, validation: 10))
    #expect(opened.note.contains("seed 7"))
    #expect(!opened.note.contains("dataset-fashion-mnist"))
    let error = #expect(throws: DatasetError.self) {
      try DataCatalog.open(name: "synthetic", directory: "somewhere", seed: 7)
    }
    #expect(error?.kind == .badSetting)
  }

  @Test("An unknown name is an error that lists the names", arguments: ["fashion_mnist", "", "cifar10"])
  func unknown(name: String) {
    let error = #expect(throws: DatasetError.self) { try DataCatalog.open(name: name, directory: nil, seed: 1) }
    #expect(error?.kind == .unknownName)
    for known in DataCatalog.names { #expect(error?.description.contains(known) == true) }
  }
}
