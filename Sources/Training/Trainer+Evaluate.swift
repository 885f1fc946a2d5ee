import BackendAPI
public import Datasets
import Foundation
import TensorCore

extension Trainer {
  /// Runs the network in inference on a whole split, in the running precision.
  ///
  /// A prediction that is NaN counts as wrong and makes the loss NaN. Throws `BackendError`, `DatasetError`.
  public func evaluate(_ split: Split, of dataset: any Dataset) throws -> Evaluation {
    let count = dataset.count(of: split)
    let width = configuration.model.task.predictionShape(of: dataset.input).reduce(1, *)
    let batchSize = min(Trainer.evaluationBatch(elements: max(dataset.input.elementCount, width)), count)
    var builder = EvaluationBuilder(task: dataset.task, capacity: count)
    return try withInference(batchSize: batchSize) { executable in
      let (input, target) = (dataset.input, dataset.target)
      let inputs = UnsafeMutableRawBufferPointer.allocate(byteCount: batchSize * input.byteCount, alignment: 64)
      let targets = UnsafeMutableRawBufferPointer.allocate(byteCount: batchSize * target.byteCount, alignment: 64)
      defer {
        inputs.deallocate()
        targets.deallocate()
      }
      for start in stride(from: 0, to: count, by: batchSize) {
        // The last batch repeats its last sample, which is not counted again.
        let indices = (0..<batchSize).map { min(start + $0, count - 1) }
        try dataset.fill(split, indices, inputs: inputs, targets: targets)
        _ = try executable.run(
          StepRequest(
            attempt: 0, seed: 0, learningRate: 0, batch: UnsafeRawBufferPointer(inputs),
            labels: UnsafeRawBufferPointer(start: nil, count: 0)),
          on: state)
        let logits = try executable.read("logits", from: state)
        for row in 0..<min(batchSize, count - start) {
          let predictions = logits[(row * width)..<((row + 1) * width)]
          let bytes = targets[(row * target.byteCount)..<((row + 1) * target.byteCount)]
          if target.dtype == .int64 {
            UnsafeRawBufferPointer(rebasing: bytes).withMemoryRebound(to: Int64.self) {
              builder.add(logits: predictions, classes: $0)
            }
          } else if let prediction = predictions.first {
            builder.add(
              prediction: prediction,
              target: UnsafeRawBufferPointer(rebasing: bytes).loadUnaligned(as: Float.self))
          }
        }
      }
      return builder.finished()
    }
  }

  /// Samples in a batch of an evaluation: 250, fewer where a sample or its predictions are large.
  static func evaluationBatch(elements: Int) -> Int { max(1, min(250, 4_194_304 / max(elements, 1))) }
}
