import Foundation
import SafetensorsFormat
import TensorCore
import Testing

@testable import Datasets

/// Data sets made of arrays, whatever file they lie in.
@Suite struct ArrayDatasetTests {
  private let files: DataFiles

  init() throws { files = try DataFiles() }

  private func open(_ arrays: [(String, [UInt8])], named name: String = "data.npz") throws -> DataCatalog.Opened {
    try files.write(name, try ZipBytes.archive(arrays.map { ("\($0.0).npy", $0.1) }))
    return try DataCatalog.open(path: files.file(name))
  }

  private func failure(_ arrays: [(String, [UInt8])]) throws -> DatasetError? {
    #expect(throws: DatasetError.self) { try open(arrays) }
  }

  /// Ten images of 2×2 pixels, image i all of grey i, and labels 0, 1, 2 in turn.
  private let ten = (
    x: NumpyBytes.bytes((0..<10).flatMap { [UInt8](repeating: UInt8($0), count: 4) }, [10, 2, 2]),
    y: NumpyBytes.labels((0..<10).map { $0 % 3 })
  )

  @Test("Without validation arrays the last tenth is held out")
  func heldOut() throws {
    let opened = try open([("x", ten.x), ("y", ten.y)])
    let data = try #require(opened.dataset as? ImageDataset)
    #expect(data.name == "data.npz")
    #expect(!data.isSynthetic)
    #expect(data.train.count == 9)
    #expect(data.validation.count == 1)
    #expect(data.validation.pixels == [9, 9, 9, 9])
    #expect(data.validation.labels == [0])
    #expect(data.task == .classification(classes: 3))
    #expect(data.input == SampleType(.float32, [1, 2, 2]))
    #expect(opened.note.contains("last tenth"))
    #expect(opened.note.contains(files.file("data.npz")))
    let values = try filledBatch(data, .train, Array(0..<9)).values
    #expect(abs(values.reduce(0, +)) < 1e-5)
  }

  @Test("Keras' names, and x_val before x_test, are taken as they are split", arguments: ["_test", "_val"])
  func named(suffix: String) throws {
    let one = (x: NumpyBytes.bytes([5, 6, 7, 8], [1, 2, 2]), y: NumpyBytes.labels([4], [1, 1]))
    let opened = try open([
      ("x_train", ten.x), ("y_train", NumpyBytes.labels((0..<10).map { $0 }, [10, 1])), ("x\(suffix)", one.x),
      ("y\(suffix)", one.y),
    ])
    let data = try #require(opened.dataset as? ImageDataset)
    #expect(data.train.count == 10)
    #expect(data.validation.pixels == [5, 6, 7, 8])
    #expect(data.classCount == 10)
    #expect(!opened.note.contains("held out"))
  }

  @Test("Channels are found first or last; bytes and floats are read alike, bytes normalised")
  func channels() throws {
    // Two images of 2×2 pixels with three channels: pixel p has 10p, 10p + 1, 10p + 2.
    var last: [UInt8] = []
    for pixel in 0..<8 { for channel in 0..<3 { last.append(UInt8(10 * pixel + channel)) } }
    var first: [UInt8] = []
    for image in 0..<2 {
      for channel in 0..<3 { for pixel in 0..<4 { first.append(last[(4 * image + pixel) * 3 + channel]) } }
    }
    let labels = NumpyBytes.labels([0, 1])
    for (pixels, shape) in [(last, [2, 2, 2, 3]), (first, [2, 3, 2, 2])] {
      let bytes = try open([("x", NumpyBytes.bytes(pixels, shape)), ("y", labels)]).dataset
      let images = try #require(bytes as? ImageDataset)
      #expect(images.sampleShape == [3, 2, 2])
      #expect(images.train.pixels == Array(first.prefix(12)))
      #expect(images.normalization.channels.map { ($0.mean * 255).rounded() } == [15, 16, 17])
      let floats = try open([("x", NumpyBytes.array(pixels.map(Float.init), shape, descr: "<f4")), ("y", labels)])
      #expect(floats.note.contains("taken as they are"))
      #expect(floats.dataset.input == bytes.input)
      #expect(floats.dataset.task == bytes.task)
      #expect(try filledBatch(floats.dataset, .train, [0]).values == last.prefix(12).map(Float.init))
      #expect(try filledBatch(floats.dataset, .validation, [0]).values == last.suffix(12).map(Float.init))
      #expect(try filledBatch(floats.dataset, .validation, [0]).labels == [1])
      #expect(throws: DatasetError.self) { try filledBatch(floats.dataset, .validation, [1]) }
    }
  }

  @Test(
    "A shape in which the place of the channels cannot be told is refused, and the message shows it",
    arguments: [[2, 3, 2, 3], [2, 1, 9, 4], [2, 2, 9, 2], [36, 1], [36], [2, 3, 3, 2, 1]])
  func ambiguous(shape: [Int]) throws {
    let x = NumpyBytes.bytes([UInt8](repeating: 0, count: shape.reduce(1, *)), shape)
    let error = try failure([("x", x), ("y", NumpyBytes.labels([Int64](repeating: 0, count: shape[0])))])
    #expect(error?.kind == .malformed)
    #expect(error?.description.contains("x holds samples of shape \(shape.dropFirst())") == true)
  }

  @Test("Labels of pixels make it segmentation, of bytes and of floats")
  func segmentation() throws {
    let y = NumpyBytes.array((0..<40).map { Int32($0 % 5) }, [10, 2, 2], descr: "<i4")
    let floats = NumpyBytes.array([Float](repeating: 0.5, count: 40), [10, 2, 2], descr: "<f4")
    for x in [ten.x, floats] {
      let data = try open([("x", x), ("y", y)]).dataset
      #expect(data.task == .segmentation(classes: 5))
      #expect(data.target == SampleType(.int64, [2, 2]))
      #expect(data.count(of: .train) == 9)
      #expect(try filledBatch(data, .train, [1]).labels == [4, 0, 1, 2])
    }
  }

  @Test("Integers (N, 2) are users and items: interactions where numbers are 0 and 1, ratings otherwise")
  func pairs() throws {
    let x = NumpyBytes.array([0, 3, 1, 7, 2, 0] as [UInt16], [3, 2], descr: "<u2")
    let interactions = try open([("x", x), ("y", NumpyBytes.labels([0, 1, 1]))]).dataset
    #expect(interactions.task == .interaction)
    #expect(interactions.tableSizes == [3, 8])
    #expect(interactions.target == SampleType(.float32, [1]))
    let batch = try filledBatch(interactions, .train, [1])
    #expect(batch.tokens == [1, 7])
    #expect(batch.numbers == [1])
    #expect(try open([("x", x), ("y", NumpyBytes.labels([0, 1, 5]))]).dataset.task == .rating)
    let floats = NumpyBytes.array([0, 1, 1] as [Float], [3, 1], descr: "<f4")
    #expect(try open([("x", x), ("y", floats)]).dataset.task == .rating)
    let negative = NumpyBytes.array([0, 3, 1, -7, 2, 0] as [Int16], [3, 2], descr: "<i2")
    #expect(try failure([("x", negative), ("y", floats)])?.kind == .labelOutOfRange)
    let wide = NumpyBytes.array([0, 1, 1] as [Float], [3, 1, 1], descr: "<f4")
    #expect(try failure([("x", x), ("y", wide)])?.kind == .mismatch)
  }

  @Test("Arrays that are missing, or do not fit each other, are refused")
  func mismatched() throws {
    let y = ten.y
    let one = NumpyBytes.labels([0])
    let cases: [([(String, [UInt8])], DatasetError.Kind)] = [
      ([], .missing), ([("images", ten.x)], .missing), ([("x", ten.x)], .missing), ([("y", y)], .missing),
      ([("x_train", ten.x), ("y", y)], .missing), ([("x", ten.x), ("y", y), ("x_val", ten.x)], .missing),
      ([("x", ten.x), ("y", one)], .mismatch),
      ([("x", ten.x), ("y", NumpyBytes.labels([0], []))], .mismatch),
      ([("x", ten.x), ("y", NumpyBytes.labels([Int64](repeating: 0, count: 20), [10, 2]))], .mismatch),
      ([("x", NumpyBytes.bytes([1], [1, 1, 1])), ("y", one)], .mismatch),
      ([("x", NumpyBytes.bytes([], [0, 2, 2])), ("y", NumpyBytes.labels([]))], .malformed),
      ([("x", ten.x), ("y", NumpyBytes.array([Float](repeating: 0, count: 10), [10], descr: "<f4"))], .malformed),
      ([("x", NumpyBytes.array([Int32](repeating: 0, count: 40), [10, 2, 2], descr: "<i4")), ("y", y)], .malformed),
      ([("x", ten.x), ("y", y), ("x_val", NumpyBytes.bytes([0, 0], [1, 1, 2])), ("y_val", one)], .mismatch),
    ]
    for (arrays, kind) in cases {
      let error = try failure(arrays)
      #expect(error?.kind == kind, "\(arrays.map(\.0)): \(error?.description ?? "none")")
      #expect(error?.description.hasPrefix(files.file("data.npz")) == true)
    }
  }

  @Test("A label that is negative or too large is named by its place", arguments: [-1, 65_536])
  func badLabel(label: Int64) throws {
    var labels = [Int64](repeating: 0, count: 10)
    labels[7] = label
    let error = try failure([("x", ten.x), ("y", NumpyBytes.labels(labels))])
    #expect(error?.kind == .labelOutOfRange)
    #expect(error?.description.contains("label 7 is \(label)") == true)
  }

  @Test("A folder of .npy files is read, and a missing or damaged one is named")
  func folder() throws {
    try files.write("x.npy", ten.x)
    let missing = #expect(throws: DatasetError.self) { try DataCatalog.open(path: files.path) }
    #expect(missing?.kind == .missing)
    #expect(missing?.description.contains("y.npy") == true)
    try files.write("y.npy", ten.y)
    let data = try DataCatalog.open(path: files.path).dataset
    #expect(data.count(of: .train) == 9)
    #expect(data.task == .classification(classes: 3))
    try files.write("y.npy", Array(ten.y.dropLast()))
    let cut = #expect(throws: DatasetError.self) { try DataCatalog.open(path: files.path) }
    #expect(cut?.kind == .truncated)
    #expect(cut?.description.contains(files.file("y.npy")) == true)
    let single = #expect(throws: DatasetError.self) { try DataCatalog.open(path: files.file("x.npy")) }
    #expect(single?.description.contains("folder") == true)
  }

  @Test("A safetensors file of floats and labels is read, other element types are refused")
  func safetensors() throws {
    let path = files.file("data.safetensors")
    var writer = SafetensorsWriter(path: path)
    try writer.add("x", shape: [2, 3, 1, 2], floats: (0..<12).map(Float.init))
    try writer.add("y", shape: [2], int64s: [1, 0])
    try writer.add("x_val", shape: [1, 3, 1, 2], floats: (0..<6).map { -Float($0) })
    try writer.add("y_val", shape: [1], int64s: [1])
    try writer.write()
    let data = try DataCatalog.open(path: path).dataset
    #expect(data.count(of: .train) == 2)
    #expect(data.count(of: .validation) == 1)
    let batch = try filledBatch(data, .validation, [0])
    #expect(batch.values == [0, -2, -4, -1, -3, -5])
    #expect(batch.labels == [1])

    let header = """
      {"x": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}, \
      "y": {"dtype": "U8", "shape": [2], "data_offsets": [4, 6]}}
      """
    let length = (0..<8).map { UInt8(header.utf8.count >> (8 * $0) & 0xFF) }
    try files.write("data.safetensors", length + Array(header.utf8) + [0, 0, 0, 0, 0, 1])
    let error = #expect(throws: DatasetError.self) { try DataCatalog.open(path: path) }
    #expect(error?.description.contains("x: elements of type BF16") == true)
    try files.write("data.safetensors", [1, 2, 3])
    #expect(throws: SafetensorsError.self) { try DataCatalog.open(path: path) }
  }
}
