import Datasets
import SafetensorsFormat
import TensorCore
import Testing

/// Batches for tasks other than classification.
@Suite struct ReplayedTasksTests {
  private let files: DataFiles
  private let path: String

  init() throws {
    files = try DataFiles()
    path = files.file("batches.safetensors")
  }

  private func write(_ add: (inout SafetensorsWriter) throws -> Void) throws {
    var writer = SafetensorsWriter(path: path)
    try add(&writer)
    try writer.write()
  }

  /// Two steps of one user and one item each.
  private func writePairs(_ x: [Int64] = [0, 4, 2, 1], _ y: [Float] = [1, 0], yShape: [Int] = [2, 1, 1]) throws {
    try write {
      try $0.add("x", shape: [2, x.count / 4, 2], int64s: x)
      try $0.add("y", shape: yShape, floats: y)
    }
  }

  @Test("Token sequences are replayed with their vocabulary, implied or given")
  func tokens() throws {
    try write {
      try $0.add("x", shape: [2, 1, 3], int64s: [0, 7, 2, 1, 1, 1])
      try $0.add("y", shape: [2, 1, 3], int64s: [7, 2, 9, 1, 1, 0])
    }
    #expect(try ReplayedBatches(path: path).task == .language(vocabulary: 10))
    let source = try ReplayedBatches(path: path, task: .language(vocabulary: 50))
    #expect(source.task == .language(vocabulary: 50))
    #expect(source.input == SampleType(.int64, [3]))
    #expect(source.target == SampleType(.int64, [3]))
    let batch = try filledBatch(source, attempt: 0)
    #expect(batch.tokens == [0, 7, 2])
    #expect(batch.labels == [7, 2, 9])
    for (vocabulary, place) in [(7, "x[0, 0, 1]"), (9, "y[0, 0, 2]")] {
      let error = #expect(throws: DatasetError.self) {
        try ReplayedBatches(path: path, task: .language(vocabulary: vocabulary))
      }
      #expect(error?.kind == .labelOutOfRange)
      #expect(error?.description.contains(place) == true)
    }
  }

  @Test("Images with a label a pixel are replayed channels last, labels as they are")
  func pixels() throws {
    try write {
      try $0.add("x", shape: [1, 1, 2, 1, 2], floats: [1, 2, 3, 4])
      try $0.add("y", shape: [1, 1, 1, 2], int64s: [3, 0])
    }
    let source = try ReplayedBatches(path: path)
    #expect(source.task == .segmentation(classes: 4))
    #expect(source.target == SampleType(.int64, [1, 2]))
    let batch = try filledBatch(source, attempt: 0)
    #expect(batch.values == [1, 3, 2, 4])
    #expect(batch.labels == [3, 0])
  }

  @Test("Users and items are replayed with their numbers, implied or given")
  func pairs() throws {
    try writePairs()
    let source = try ReplayedBatches(path: path, task: .interaction)
    #expect(source.tableSizes == [3, 5])
    #expect(source.target == SampleType(.float32, [1]))
    #expect(try filledBatch(source, attempt: 1).tokens == [2, 1])
    #expect(try filledBatch(source, attempt: 1).numbers == [0])
    #expect(try ReplayedBatches(path: path, task: .rating, tableSizes: [10, 20]).tableSizes == [10, 20])
    let error = #expect(throws: DatasetError.self) {
      try ReplayedBatches(path: path, task: .rating, tableSizes: [3, 4])
    }
    #expect(error?.kind == .labelOutOfRange)
    #expect(error?.description.contains("x[0, 0, 1] is 4, expected an item from 0 to 3") == true)
  }

  @Test("Numbers that are interactions as well as ratings need a task")
  func ambiguousPairs() throws {
    try writePairs()
    #expect(#expect(throws: DatasetError.self) { try ReplayedBatches(path: path) }?.kind == .badSetting)
  }

  @Test("An interaction outside 0…1 and a rating that is no number are refused", arguments: [-0.5, 2, .nan, .infinity])
  func badNumbers(number: Float) throws {
    try writePairs([0, 4, 2, 1], [1, number])
    let error = #expect(throws: DatasetError.self) { try ReplayedBatches(path: path, task: .interaction) }
    #expect(error?.kind == .malformed)
    #expect(error?.description.contains("y[1, 0, 0]") == true)
    if number.isFinite {
      #expect(try ReplayedBatches(path: path, task: .rating).steps == 2)
    } else {
      #expect(throws: DatasetError.self) { try ReplayedBatches(path: path, task: .rating) }
    }
  }

  @Test("A task that the tensors do not fit is refused")
  func wrongTask() throws {
    try writePairs()
    for task in [LearningTask.classification(classes: 5), .segmentation(classes: 5), .language(vocabulary: 5)] {
      #expect(#expect(throws: DatasetError.self) { try ReplayedBatches(path: path, task: task) }?.kind == .malformed)
    }
    try writePairs([0, 4, 2, 1], [1, 0], yShape: [2, 1])
    #expect(#expect(throws: DatasetError.self) { try ReplayedBatches(path: path, task: .rating) }?.kind == .mismatch)
    try writePairs([0, 4, 2, 1, 1, 1, 1, 1], [1, 0, 1, 0], yShape: [2, 2, 1])
    let sizes = #expect(throws: DatasetError.self) {
      try ReplayedBatches(path: path, task: .rating, tableSizes: [10])
    }
    #expect(sizes?.kind == .badSetting)
  }
}
