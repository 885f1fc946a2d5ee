import Datasets

/// A batch in memory of its own.
struct FilledBatch: Equatable {
  var values: [Float]
  var labels: [Int64]
}

/// Images of a split by index.
func filledBatch(_ data: ImageDataset, _ split: ImageSplit, _ indices: [Int]) throws -> FilledBatch {
  var batch = FilledBatch(
    values: Array(repeating: .nan, count: indices.count * data.sampleShape.reduce(1, *)),
    labels: Array(repeating: -1, count: indices.count))
  try batch.values.withUnsafeMutableBufferPointer { values in
    try batch.labels.withUnsafeMutableBufferPointer { labels in
      try data.fill(split, indices, into: values, labels: labels)
    }
  }
  return batch
}

/// The batch of an attempt.
func filledBatch(_ source: some BatchSource, attempt: Int) throws -> FilledBatch {
  var batch = FilledBatch(
    values: Array(repeating: .nan, count: source.batchSize * source.sampleSize),
    labels: Array(repeating: -1, count: source.batchSize))
  try batch.values.withUnsafeMutableBufferPointer { values in
    try batch.labels.withUnsafeMutableBufferPointer { labels in
      try source.fill(attempt: attempt, into: values, labels: labels)
    }
  }
  return batch
}
