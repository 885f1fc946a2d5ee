import Benchmarks
import Datasets
import TensorCore
import Training
import TrainingEvents

extension BenchmarkedRun {
  /// A perceptron of 16 units on 64 drawn images.
  static func small(
    _ precisions: [Precision] = [.fp32], steps: Int, isEvaluated: Bool = false
  ) throws -> BenchmarkedRun {
    let data = try SyntheticGlyphs.generate(seed: 3, trainCount: 64, validationCount: 40)
    let network = Sequential(Flatten(), Linear(784, 16), ReLU(), Linear(16, data.classCount))
    let model = Model(name: "small", network: network, input: data.input, task: data.task)
    return BenchmarkedRun(
      name: "small",
      configuration: Trainer.Configuration(
        model: model, batches: try ShuffledBatches(dataset: data, batchSize: 8, seed: 1), optimizer: .adamW()),
      dataset: isEvaluated ? data : nil,
      data: DataDescription(
        name: data.name, isSynthetic: true, trainCount: 64, validationCount: 40, sampleShape: data.sampleShape,
        classCount: data.classCount, note: ""),
      policies: precisions.map { PrecisionPolicy($0) }, steps: steps)
  }
}
