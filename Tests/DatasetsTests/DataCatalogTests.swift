import Datasets
import Foundation
import Testing

@Suite struct DataCatalogTests {
  private func options(
    packages: String, counts: (train: Int, validation: Int)? = nil
  ) -> DataCatalog.Options {
    var options = DataCatalog.Options(seed: 1, syntheticCounts: counts)
    options.packageDirectory = packages
    return options
  }

  @Test("Without a name Fashion-MNIST is taken where it is installed")
  func installed() throws {
    let files = try DataFiles()
    try files.writeFashionMNIST()
    let opened = try DataCatalog.open(name: nil, options(packages: files.path))
    #expect(opened.dataset.name == "fashion-mnist")
    #expect(opened.note.contains(files.path))
  }

  @Test("Without a name and without files the synthetic set is taken, and the note names the package")
  func fallback() throws {
    let files = try DataFiles()
    let opened = try DataCatalog.open(
      name: nil, options(packages: files.path, counts: (train: 20, validation: 10)))
    #expect(opened.dataset.name == "synthetic")
    #expect(opened.dataset.count(of: .train) == 20)
    #expect(opened.note.contains("dataset-fashion-mnist"))
    #expect(opened.note.contains("not installed"))
  }

  @Test("An installation that is broken is an error, not a reason to take something else")
  func broken() throws {
    let files = try DataFiles()
    try files.writeFashionMNIST()
    try files.write("t10k-images-idx3-ubyte.gz", [1, 2, 3])
    #expect(throws: DatasetError.self) {
      try DataCatalog.open(name: nil, options(packages: files.path))
    }
    try FileManager.default.removeItem(atPath: files.file("train-images-idx3-ubyte.gz"))
    let missing = #expect(throws: DatasetError.self) {
      try DataCatalog.open(name: nil, options(packages: files.path))
    }
    #expect(missing?.kind == .missing)
  }

  @Test("A directory is Fashion-MNIST's, with or without the name, and must hold it")
  func directory() throws {
    let files = try DataFiles()
    for name in [nil, "fashion-mnist"] {
      let error = #expect(throws: DatasetError.self) {
        try DataCatalog.open(name: name, .init(directory: files.path))
      }
      #expect(error?.kind == .missing)
    }
    try files.writeFashionMNIST(compressed: false)
    for name in [nil, "fashion-mnist"] {
      #expect(try DataCatalog.open(name: name, .init(directory: files.path)).dataset.count(of: .train) == 30)
    }
  }

  @Test("The synthetic set by name gives no reason, and takes no directory")
  func synthetic() throws {
    let opened = try DataCatalog.open(
      name: "synthetic", .init(seed: 7, syntheticCounts: (train: 20, validation: 10)))
    #expect(opened.note.contains("seed 7"))
    #expect(!opened.note.contains("dataset-fashion-mnist"))
    let error = #expect(throws: DatasetError.self) {
      try DataCatalog.open(name: "synthetic", .init(directory: "somewhere"))
    }
    #expect(error?.kind == .badSetting)
  }

  @Test(
    "An unknown name that is no path either is an error that lists the names",
    arguments: ["fashion_mnist", "", "cifar10"])
  func unknown(name: String) {
    let error = #expect(throws: DatasetError.self) { try DataCatalog.open(name: name) }
    #expect(error?.kind == .unknownName)
    for known in DataCatalog.names { #expect(error?.description.contains(known) == true) }
  }

  @Test("Every generated set opens by its name, in the sizes asked for, and its note says the seed")
  func generated() throws {
    let tasks: [String: LearningTask] = [
      "synthetic": .classification(classes: 10), "glyphs": .classification(classes: 10),
      "shapes": .segmentation(classes: 4), "grammar": .language(vocabulary: 32), "ratings": .rating,
      "interactions": .interaction,
    ]
    #expect(Set(tasks.keys).union(["fashion-mnist", "fortunes"]) == Set(DataCatalog.names))
    for (name, task) in tasks {
      let opened = try DataCatalog.open(name: name, .init(seed: 9, syntheticCounts: (train: 20, validation: 10)))
      #expect(opened.dataset.task == task)
      #expect(opened.dataset.isSynthetic)
      #expect(opened.dataset.count(of: .train) == 20)
      #expect(opened.dataset.count(of: .validation) == 10)
      #expect(opened.dataset.knownScore != nil)
      #expect(opened.note.contains("seed 9"))
      #expect(try filledBatch(opened.dataset, .train, [0, 19]).inputs.count == 2 * opened.dataset.input.byteCount)
    }
  }

  @Test("Settings reach the sets that they mean something to")
  func settings() throws {
    let counts = (train: 4, validation: 2)
    let shapes = try DataCatalog.open(name: "shapes", .init(channels: 1, syntheticCounts: counts))
    #expect(shapes.dataset.input.shape == [1, 32, 32])
    let grammar = try DataCatalog.open(name: "grammar", .init(sequenceLength: 16, syntheticCounts: counts))
    #expect(grammar.dataset.input.shape == [16])
    let files = try DataFiles()
    try files.write("wisdom", Array(String(repeating: "A saying. ", count: 40).utf8))
    var options = DataCatalog.Options(sequenceLength: 8)
    options.fortunesDirectory = files.path
    let fortunes = try DataCatalog.open(name: "fortunes", options)
    #expect(fortunes.dataset.input.shape == [8])
    #expect(fortunes.note.contains(files.path))
    options.fortunesDirectory = files.file("none")
    let missing = #expect(throws: DatasetError.self) { try DataCatalog.open(name: "fortunes", options) }
    #expect(missing?.kind == .missing)
  }

  @Test("A setting that means nothing to a set is an error", arguments: DataCatalog.names)
  func meaningless(name: String) throws {
    let languages = ["grammar", "fortunes"]
    var wrong: [DataCatalog.Options] = []
    if name != "fashion-mnist" { wrong.append(.init(directory: "somewhere")) }
    if !languages.contains(name) { wrong.append(.init(sequenceLength: 8)) }
    if name != "shapes" { wrong.append(.init(channels: 1)) }
    for options in wrong {
      let error = #expect(throws: DatasetError.self) { try DataCatalog.open(name: name, options) }
      #expect(error?.kind == .badSetting)
      #expect(error?.description.contains("means nothing to the data set \(name)") == true)
    }
  }

  @Test("A file or folder of text opens by its path; a name goes before a path")
  func text() throws {
    let files = try DataFiles()
    try files.write("notes.md", Array(String(repeating: "Words and words. ", count: 50).utf8))
    for path in [files.file("notes.md"), files.path] {
      let opened = try DataCatalog.open(name: path, .init(sequenceLength: 10))
      #expect(opened.dataset.task == .language(vocabulary: 256))
      #expect(opened.note.contains(path))
      #expect(opened.note.contains("last tenth"))
    }
    #expect(throws: DatasetError.self) { try DataCatalog.open(name: files.file("notes.md"), .init(channels: 3)) }
    #expect(try DataCatalog.open(name: "glyphs", .init(syntheticCounts: (train: 2, validation: 2))).dataset.isSynthetic)
  }

  @Test("An empty folder, and a file that is neither text nor arrays, are errors")
  func unreadable() throws {
    let files = try DataFiles()
    let empty = #expect(throws: DatasetError.self) { try DataCatalog.open(name: files.path) }
    #expect(empty?.description.contains("holds no text") == true)
    try files.write("picture.png", [0x89, 0x50, 0x4E, 0x47])
    let picture = #expect(throws: DatasetError.self) { try DataCatalog.open(name: files.file("picture.png")) }
    #expect(picture?.kind == .malformed)
    #expect(picture?.description.contains("picture.png") == true)
    let null = #expect(throws: DatasetError.self) { try DataCatalog.open(name: "/dev/null") }
    #expect(null?.kind == .unreadable)
  }
}
