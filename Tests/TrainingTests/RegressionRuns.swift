import Datasets
import GraphIR
import TensorCore
import Training

/// The same batch at every attempt: samples of numbers and one number to predict from each.
struct FixedBatch: BatchSource {
  let samples: [[Float]]
  let wanted: [Float]

  var batchSize: Int { samples.count }
  var input: SampleType { SampleType(.float32, [samples[0].count]) }
  var target: SampleType { SampleType(.float32, [1]) }
  var task: LearningTask { .rating }
  var attemptLimit: Int? { nil }

  func fill(
    attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    samples.flatMap { $0 }.withUnsafeBytes { inputs.copyMemory(from: $0) }
    wanted.withUnsafeBytes { targets.copyMemory(from: $0) }
  }
}

/// A linear layer that starts from one number everywhere.
private struct ConstantLinear: Layer {
  let features: Int
  let start: Float

  func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    let weight = try builder.parameter("weight", [1, features], .constant(start))
    return try builder.linear(x, weight: weight)
  }
}

extension Trainer.Configuration {
  /// Linear regression on samples of about 2^-14, so that gradients of the weights are about 2^-29, while weights (about 1),
  /// samples, predictions (2^-15) and their gradients (2^-17) all exist in fp16.
  static func dyingGradients(_ scaler: ScalerPolicy) -> Trainer.Configuration {
    let (count, features) = (8, 16)
    var random = PhiloxGenerator(seed: 7, stream: 0)
    let samples = (0..<count).map { _ in (0..<features).map { _ in (2 * random.nextUniform() - 1) * 0x1p-14 } }
    let truth = (0..<features).map { _ in 2 * random.nextUniform() - 1 }
    let wanted = samples.map { zip($0, truth).reduce(0) { $0 + $1.0 * $1.1 } }
    // The mean squared error's curvature is 2 · 2^-28 / 3 in every direction; the rate is a sixth of its inverse.
    return regression(samples, wanted, start: 0, learningRate: 0x1p26, scaler: scaler)
  }

  /// Weights of 1 whose gradient is `slowGradient` throughout: each step should move each by `learningRate` times that.
  static func slowWeights(learningRate: Double) -> Trainer.Configuration {
    let features = 256
    let sample = [Float](repeating: Float(slowGradient), count: features)
    // The prediction is 1 and the target 1/2: 2 (1 - 1/2) x = x.
    return regression([sample], [0.5], start: 1, learningRate: learningRate, scaler: .off)
  }

  static let slowGradient = 0x1p-8

  /// Sixteen numbers of 30000 that exist in fp16, and a layer "head" whose sum of them does not.
  static var overflowingSum: Trainer.Configuration {
    let batches = FixedBatch(samples: [[Float](repeating: 30000, count: 16)], wanted: [0])
    return Trainer.Configuration(
      model: Model(
        name: "sum", network: Named("head", ConstantLinear(features: 16, start: 1)), input: batches.input,
        task: batches.task),
      batches: batches, optimizer: .sgd(learningRate: 0), scaler: .off)
  }

  private static func regression(
    _ samples: [[Float]], _ wanted: [Float], start: Float, learningRate: Double, scaler: ScalerPolicy
  ) -> Trainer.Configuration {
    let batches = FixedBatch(samples: samples, wanted: wanted)
    return Trainer.Configuration(
      model: Model(
        name: "regression", network: ConstantLinear(features: samples[0].count, start: start), input: batches.input,
        task: batches.task),
      batches: batches, optimizer: .sgd(learningRate: learningRate, momentum: 0), scaler: scaler)
  }
}
