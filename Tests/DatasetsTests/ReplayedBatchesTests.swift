import Datasets
import Foundation
import SafetensorsFormat
import TensorCore
import Testing

@Suite struct ReplayedBatchesTests {
  private func write(
    _ files: DataFiles, x: [Int], y: [Int], values: [Float]? = nil, labels: [Int64]? = nil
  ) throws -> String {
    let path = files.file("batches.safetensors")
    var writer = SafetensorsWriter(path: path)
    try writer.add("x", shape: x, floats: values ?? (0..<x.reduce(1, *)).map(Float.init))
    try writer.add("y", shape: y, int64s: labels ?? [Int64](repeating: 0, count: y.reduce(1, *)))
    try writer.write()
    return path
  }

  @Test("Features are replayed bit for bit, in order")
  func features() throws {
    let files = try DataFiles()
    let values: [Float] = [1, -0.0, .infinity, .leastNonzeroMagnitude, 5, 6, 7, 8, 9, 10, 11, 12]
    let path = try write(files, x: [3, 2, 2], y: [3, 2], values: values, labels: [0, 1, 2, 0, 1, 2])
    let source = try ReplayedBatches(path: path)
    #expect(source.attemptLimit == 3)
    #expect(source.batchSize == 2)
    #expect(source.input == SampleType(.float32, [2]))
    #expect(source.task == .classification(classes: 3))
    for attempt in [2, 0, 1] {
      let batch = try filledBatch(source, attempt: attempt)
      #expect(batch.values.map(\.bitPattern) == values[(attempt * 4)..<(attempt * 4 + 4)].map(\.bitPattern))
      #expect(batch.labels == [[0, 1], [2, 0], [1, 2]][attempt])
    }
  }

  @Test("Images are turned from channels first to channels last")
  func images() throws {
    let files = try DataFiles()
    // One step, two images, three channels of 1×2.
    let path = try write(files, x: [1, 2, 3, 1, 2], y: [1, 2])
    let source = try ReplayedBatches(path: path, task: .classification(classes: 10))
    #expect(source.input == SampleType(.float32, [3, 1, 2]))
    #expect(source.task == .classification(classes: 10))
    #expect(try filledBatch(source, attempt: 0).values == [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11])
  }

  @Test("Past the end of the file is an error", arguments: [-1, 2, Int.max])
  func pastTheEnd(attempt: Int) throws {
    let files = try DataFiles()
    let source = try ReplayedBatches(path: try write(files, x: [2, 1, 4], y: [2, 1]))
    let error = #expect(throws: DatasetError.self) { try filledBatch(source, attempt: attempt) }
    #expect(error?.kind == .outOfRange)
    #expect(error?.description.contains("holds 2") == true)
  }

  @Test(
    "Shapes that do not fit are refused, and the message names the file",
    arguments: [
      ([2, 3], [2, 3]), ([2, 3, 28, 28], [2, 3]), ([2, 3, 4], [2]), ([2, 3, 4], [2, 2]), ([2, 3, 4], [3, 2]),
      ([2, 0, 4], [2, 0]), ([0, 3, 4], [0, 3]),
    ])
  func badShapes(x: [Int], y: [Int]) throws {
    let files = try DataFiles()
    let path = try write(files, x: x, y: y)
    let error = #expect(throws: DatasetError.self) { try ReplayedBatches(path: path) }
    #expect(error?.description.hasPrefix(path) == true)
    #expect(error?.description.contains("expected") == true)
  }

  @Test("A label outside the classes is named by its place", arguments: [-1, 10, Int64.max])
  func badLabel(label: Int64) throws {
    let files = try DataFiles()
    let path = try write(files, x: [2, 2, 1], y: [2, 2], labels: [0, 1, 2, label])
    let error = #expect(throws: DatasetError.self) {
      try ReplayedBatches(path: path, task: .classification(classes: 10))
    }
    #expect(error?.kind == .labelOutOfRange)
    #expect(error?.description.contains("y[1, 1]") == true)
    if label != 10 { #expect(throws: DatasetError.self) { try ReplayedBatches(path: path) } }
  }

  @Test("Missing tensors and wrong element types are refused")
  func wrongTensors() throws {
    let files = try DataFiles()
    let path = files.file("wrong.safetensors")
    var onlyX = SafetensorsWriter(path: path)
    try onlyX.add("x", shape: [1, 1, 1], floats: [0])
    try onlyX.write()
    #expect(#expect(throws: SafetensorsError.self) { try ReplayedBatches(path: path) }?.kind == .missingTensor)

    var integers = SafetensorsWriter(path: path)
    try integers.add("x", shape: [1, 1, 1], int64s: [0])
    try integers.add("y", shape: [1, 1], int64s: [0])
    try integers.write()
    #expect(#expect(throws: DatasetError.self) { try ReplayedBatches(path: path) }?.kind == .malformed)

    var floats = SafetensorsWriter(path: path)
    try floats.add("x", shape: [1, 1, 1], floats: [0])
    try floats.add("y", shape: [1, 1], floats: [0])
    try floats.write()
    #expect(#expect(throws: DatasetError.self) { try ReplayedBatches(path: path) }?.kind == .malformed)
    #expect(throws: SafetensorsError.self) { try ReplayedBatches(path: files.file("none")) }
  }
}
