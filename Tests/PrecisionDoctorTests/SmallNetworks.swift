import BackendAPI
import BackendCPU
import Datasets
import Foundation
import SafetensorsFormat
import TensorCore
import Training
import TrainingEvents

/// Batches computed from the attempt.
struct ComputedBatches: BatchSource {
  var batchSize = 16
  var features = 8
  var attemptLimit: Int?
  /// What every number is multiplied by.
  var magnitude: Float = 1

  var input: SampleType { SampleType(.float32, [features]) }
  var task: LearningTask { .classification(classes: 4) }

  func fill(
    attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    var random = PhiloxGenerator(seed: 5, stream: UInt64(attempt))
    let (values, labels) = (inputs.bindMemory(to: Float.self), targets.bindMemory(to: Int64.self))
    for index in values.indices { values[index] = (2 * random.nextUniform() - 1) * magnitude }
    for index in labels.indices { labels[index] = Int64(random.next32() % 4) }
  }
}

/// Three linear layers "0", "2" and "4"; with `isNormed` a layer norm "3" instead of a ReLU before the last.
func smallRun(
  isNormed: Bool = true, optimizer: Optimizer = .sgd(learningRate: 0.01), batches: ComputedBatches = ComputedBatches()
) -> Trainer.Configuration {
  let inner: any Layer = isNormed ? LayerNorm(8) : ReLU()
  let network = Sequential(Linear(batches.features, 8), ReLU(), Linear(8, 8), inner, Linear(8, 4))
  return Trainer.Configuration(
    model: Model(name: "small", network: network, input: batches.input, task: batches.task), batches: batches,
    optimizer: optimizer, seed: 3)
}

/// Factors of weights with which layer "2" of `smallRun` gives results beyond fp16, from weights and operands within.
let overflowing: [String: Float] = ["0.weight": 100, "2.weight": 1e4]

/// The drawn weights of a run with some multiplied, as a file that goes with the value.
final class ScaledWeights {
  private let url = FileManager.default.temporaryDirectory.appendingPathComponent("doctor-\(UUID().uuidString)")
  let file: SafetensorsFile

  init(_ configuration: Trainer.Configuration, factors: [String: Float]) throws {
    let trainer = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    for (name, factor) in factors {
      try trainer.state.write(name, trainer.state.floats(name).map { $0 * factor })
    }
    try trainer.state.saveWeights(to: url.path)
    file = try SafetensorsFile(path: url.path)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

extension TensorReport {
  /// A tensor whose elements lie at powers of two: numbers of elements by exponent.
  static func at(
    _ counts: [Int: Int], name: String = "t", layer: String = "t", kind: Kind = .weightGradient
  ) -> TensorReport {
    let lowest = counts.keys.min() ?? 0
    let highest = counts.keys.max() ?? 0
    return TensorReport(
      name: name, layer: layer, kind: kind, format: .fp32, count: counts.values.reduce(0, +),
      sampled: counts.values.reduce(0, +), largest: counts.isEmpty ? 0 : scalbn(1, highest), zeros: 0, infinities: 0,
      nans: 0,
      histogram: ExponentHistogram(
        lowest: lowest, counts: counts.isEmpty ? [] : (lowest...highest).map { counts[$0] ?? 0 }))
  }
}
