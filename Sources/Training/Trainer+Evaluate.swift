import BackendAPI
public import Datasets
import Foundation

/// Loss and accuracy on a split, with the verdict on every sample.
public struct Evaluation: Sendable, Hashable {
  /// Mean cross-entropy.
  public var loss: Double
  /// For each sample whether the largest logit is its label.
  public var correct: [Bool]

  /// Share of correct samples, 0 to 1.
  public var accuracy: Double {
    correct.isEmpty ? 0 : Double(correct.count { $0 }) / Double(correct.count)
  }
}

extension Trainer {
  /// Samples in a batch of an evaluation.
  ///
  /// The last batch repeats its last sample, which is not counted again.
  static let evaluationBatch = 250

  /// Runs the network in inference on a whole split, in the running precision.
  ///
  /// A row of logits with a NaN counts as wrong and makes the loss NaN. Throws `BackendError`, `DatasetError`.
  public func evaluate(_ split: ImageSplit, of dataset: ImageDataset) throws -> Evaluation {
    let batchSize = min(Trainer.evaluationBatch, split.count)
    let size = dataset.sampleShape.reduce(1, *)
    let classes = configuration.model.classCount
    return try withInference(batchSize: batchSize) { executable in
      var values = [Float](repeating: 0, count: batchSize * size)
      var labels = [Int64](repeating: 0, count: batchSize)
      var result = Evaluation(loss: 0, correct: [])
      result.correct.reserveCapacity(split.count)
      var total = 0.0
      for start in stride(from: 0, to: split.count, by: batchSize) {
        let indices = (0..<batchSize).map { min(start + $0, split.count - 1) }
        try values.withUnsafeMutableBufferPointer { values in
          try labels.withUnsafeMutableBufferPointer { try dataset.fill(split, indices, into: values, labels: $0) }
        }
        let logits = try values.withUnsafeBytes { batch in
          _ = try executable.run(
            StepRequest(
              attempt: 0, seed: 0, learningRate: 0, batch: batch, labels: UnsafeRawBufferPointer(start: nil, count: 0)),
            on: state)
          return try executable.read("logits", from: state)
        }
        for row in 0..<min(batchSize, split.count - start) {
          let (loss, isCorrect) = judge(logits[(row * classes)..<((row + 1) * classes)], label: Int(labels[row]))
          total += loss
          result.correct.append(isCorrect)
        }
      }
      result.loss = total / Double(max(split.count, 1))
      return result
    }
  }

  /// Cross-entropy and correctness of one row, in fp64: logsumexp(z) - z[label].
  private func judge(_ logits: ArraySlice<Float>, label: Int) -> (loss: Double, isCorrect: Bool) {
    let row = logits.map(Double.init)
    guard !row.contains(where: \.isNaN), let top = row.max(), row.indices.contains(label) else { return (.nan, false) }
    let sum = row.reduce(0) { $0 + exp($1 - top) }
    return (top + log(sum) - row[label], row.firstIndex(of: top) == label)
  }
}
