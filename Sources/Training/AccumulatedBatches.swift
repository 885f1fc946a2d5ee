import Datasets

/// The micro-batches of every step of another source, one after the other as one batch.
///
/// Step a holds the batches a · count to a · count + count - 1 of the source.
struct AccumulatedBatches: BatchSource {
  let source: any BatchSource
  let count: Int

  var batchSize: Int { source.batchSize * count }
  var input: SampleType { source.input }
  var target: SampleType { source.target }
  var task: LearningTask { source.task }
  var tableSizes: [Int]? { source.tableSizes }
  var attemptLimit: Int? { source.attemptLimit.map { $0 / count } }

  func fill(
    attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    let (inputBytes, targetBytes) = (source.inputByteCount, source.targetByteCount)
    guard inputs.count == inputBytes * count, targets.count == targetBytes * count else {
      throw TrainingError(
        "\(count) micro-batches need \(inputBytes * count) and \(targetBytes * count) bytes, the buffers hold "
          + "\(inputs.count) and \(targets.count)")
    }
    for part in 0..<count {
      try source.fill(
        attempt: attempt * count + part,
        inputs: UnsafeMutableRawBufferPointer(rebasing: inputs[(part * inputBytes)..<((part + 1) * inputBytes)]),
        targets: UnsafeMutableRawBufferPointer(rebasing: targets[(part * targetBytes)..<((part + 1) * targetBytes)]))
    }
  }
}
