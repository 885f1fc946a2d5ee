import Foundation
import TensorCore
import Testing

@testable import Datasets

/// Text as bytes, in windows.
@Suite struct TextTests {
  private let files: DataFiles

  init() throws { files = try DataFiles() }

  /// Bytes 0 to 99, over and over.
  private static func counting(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 100) } }

  @Test("Windows do not overlap, targets are the bytes that follow, and the last tenth is held out")
  func windows() throws {
    // 180 bytes to train on, 20 to validate on.
    let data = try TokenDataset(name: "text", text: Self.counting(200), sequenceLength: 8)
    #expect(data.task == .language(vocabulary: 256))
    #expect(data.input == SampleType(.int64, [8]))
    #expect(data.target == SampleType(.int64, [8]))
    #expect(!data.isSynthetic)
    #expect(data.knownScore == nil)
    // Up to 7 bytes of offset, then whole windows and the byte behind the last.
    #expect(data.count(of: .train) == (180 - 7 - 1) / 8)
    #expect(data.count(of: .validation) == (20 - 1) / 8)
    let train = try filledBatch(data, .train, [0, 2])
    #expect(train.tokens == [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23])
    #expect(train.labels == [1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24])
    #expect(try filledBatch(data, .validation, [1]).tokens == Array(88..<96))
  }

  @Test("A view of the training split moves its windows by less than one, and leaves the validation split alone")
  func views() throws {
    let data = try TokenDataset(name: "text", text: Self.counting(200), sequenceLength: 8)
    let last = data.count(of: .train) - 1
    for variation in [0, 1, 7, 8, 13, UInt64.max] {
      let batch = try filledBatch(data, .train, [0, last], variation: variation)
      let starts = [0, last].map { 8 * $0 + Int(variation % 8) }
      let expected = starts.flatMap { start in (0..<8).map { Int64((start + $0) % 100) } }
      #expect(batch.tokens == expected)
      #expect(batch.labels.last == Int64((starts[1] + 8) % 100))
      #expect(try filledBatch(data, .validation, [0], variation: variation).tokens == Array(80..<88))
    }
  }

  @Test("Batches of an epoch hold every window of one view once; epochs have different views, the same for every lane")
  func epochs() throws {
    let data = try TokenDataset(name: "text", text: Self.counting(2000), sequenceLength: 10)
    let source = try ShuffledBatches(dataset: data, batchSize: 8, seed: 5)
    let perEpoch = data.count(of: .train) / 8
    var offsets: Set<Int64> = []
    for epoch in 0..<20 {
      let starts = try (0..<perEpoch).flatMap { attempt in
        let tokens = try filledBatch(source, attempt: epoch * perEpoch + attempt).tokens
        return stride(from: 0, to: tokens.count, by: 10).map { tokens[$0] }
      }
      let first = try #require(starts.first)
      #expect(starts.allSatisfy { $0 % 10 == first % 10 })
      offsets.insert(first % 10)
    }
    // 20 draws of 10 offsets: 5 or fewer different ones would come once in 30,000 seeds, and this seed is fixed.
    #expect(offsets.count > 5)
    let again = try ShuffledBatches(dataset: data, batchSize: 8, seed: 5)
    #expect(try filledBatch(again, attempt: 77) == filledBatch(source, attempt: 77))
  }

  @Test("The shortest text that will do will do, a shorter one is refused", arguments: [1, 2, 8, 64])
  func shortest(length: Int) throws {
    let count = 10 * (length + 1)
    let data = try TokenDataset(name: "text", text: Self.counting(count), sequenceLength: length)
    #expect(data.count(of: .validation) == 1)
    #expect(try filledBatch(data, .validation, [0]).labels.count == length)
    let last = data.count(of: .train) - 1
    #expect(throws: Never.self) { try filledBatch(data, .train, [last], variation: UInt64(length - 1)) }
    let error = #expect(throws: DatasetError.self) {
      try TokenDataset(name: "text", text: Self.counting(count - 1), sequenceLength: length)
    }
    #expect(error?.kind == .mismatch)
    #expect(error?.description.contains("\(count) are needed") == true)
  }

  @Test("A sequence length that is none, and an index outside the split, are errors", arguments: [0, -1, 65_537])
  func badSettings(length: Int) throws {
    let error = #expect(throws: DatasetError.self) {
      try TokenDataset(name: "text", text: Self.counting(200), sequenceLength: length)
    }
    #expect(error?.kind == .badSetting)
    let data = try TokenDataset(name: "text", text: Self.counting(200), sequenceLength: 8)
    for index in [-1, data.count(of: .train)] {
      #expect(#expect(throws: DatasetError.self) { try filledBatch(data, .train, [index]) }?.kind == .outOfRange)
    }
  }

  @Test("A file is read as it is, a folder's files in the order of their names with line feeds between")
  func reading() throws {
    try files.write("b.md", Array("zwölf\n".utf8))
    try files.write("a.txt", Array("one".utf8))
    try files.write(".hidden", [0xFF])
    try files.write("index.dat", [0xFF])
    try FileManager.default.createDirectory(atPath: files.file("folder"), withIntermediateDirectories: true)
    #expect(try TextFiles.read(files.file("b.md")) == Array("zwölf\n".utf8))
    #expect(try TextFiles.read(files.path, skipping: [".dat"]) == Array("one\nzwölf\n".utf8))
    let binary = #expect(throws: DatasetError.self) { try TextFiles.read(files.path) }
    #expect(binary?.kind == .malformed)
    #expect(binary?.description.contains(files.file("index.dat")) == true)
  }

  @Test("What is no text, empty, unreadable or not there is refused, and the message names it")
  func refused() throws {
    for bytes in [[0xFF], [0xC3], [0x61, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]] {
      try files.write("bad.txt", bytes)
      #expect(#expect(throws: DatasetError.self) { try TextFiles.read(files.file("bad.txt")) }?.kind == .malformed)
    }
    try files.write("bad.txt", [])
    let empty = #expect(throws: DatasetError.self) { try TextFiles.read(files.file("bad.txt")) }
    #expect(empty?.description.contains("holds no text") == true)
    try FileManager.default.removeItem(atPath: files.file("bad.txt"))
    #expect(#expect(throws: DatasetError.self) { try TextFiles.read(files.path) }?.kind == .malformed)
    #expect(#expect(throws: DatasetError.self) { try TextFiles.read(files.file("none")) }?.kind == .missing)
    try #require(mkfifo(files.file("pipe"), 0o600) == 0)
    let pipe = #expect(throws: DatasetError.self) { try TextFiles.read(files.file("pipe")) }
    #expect(pipe?.kind == .unreadable)
    // A link that leads nowhere.
    try FileManager.default.removeItem(atPath: files.file("pipe"))
    try FileManager.default.createSymbolicLink(atPath: files.file("link"), withDestinationPath: files.file("none"))
    #expect(#expect(throws: DatasetError.self) { try TextFiles.read(files.path) }?.kind == .missing)
  }

  @Test("Fortunes are read without their indices and links, and their package is named where they are missing")
  func fortunes() throws {
    let text = String(repeating: "A saying.\n%\n", count: 60)
    try files.write("wisdom", Array(text.utf8))
    try files.write("wisdom.dat", [0, 0, 0, 2, 0xFF])
    try FileManager.default.createSymbolicLink(
      atPath: files.file("wisdom.u8"), withDestinationPath: files.file("wisdom"))
    let data = try Fortunes.load(directory: files.path, sequenceLength: 9)
    #expect(data.name == "fortunes")
    #expect(data.count(of: .train) == (648 - 9) / 9)
    #expect(data.count(of: .validation) == 71 / 9)
    let missing = #expect(throws: DatasetError.self) { try Fortunes.load(directory: files.file("none")) }
    #expect(missing?.kind == .missing)
    #expect(missing?.description.contains("apt install fortunes") == true)
  }
}
