import BackendAPI
import BackendCPU
import Datasets
import Foundation
import GraphCompiler
import GraphIR
import ModelZoo
import SafetensorsFormat
import TensorCore
import Training
import TrainingEvents

/// A few drawn images, made once.
enum SmallData {
  /// 260 validation images: one whole evaluation batch of 250 and a partial one.
  private static let made = Result {
    try SyntheticGlyphs.generate(seed: 11, trainCount: 96, validationCount: 260)
  }

  static var glyphs: ImageDataset { get throws { try made.get() } }
}

extension Trainer.Configuration {
  /// A small network on a few drawn images; steps take well under a millisecond.
  static func small(
    _ model: String = "cnn", optimizer: Optimizer = .sgd(learningRate: 0.05), dropout: Float = 0.2,
    scaler: ScalerPolicy = .automatic(GradScaler.Settings()), batchSize: Int = 8, hidden: Int = 16,
    seed: UInt64 = 3
  ) throws -> Trainer.Configuration {
    let data = try SmallData.glyphs
    return Trainer.Configuration(
      model: try .small(model, sampleShape: data.sampleShape, dropout: dropout, hidden: hidden),
      batches: try ShuffledBatches(dataset: data, batchSize: batchSize, seed: seed), optimizer: optimizer,
      scaler: scaler, seed: seed)
  }
}

extension Precision {
  /// Every mode that this machine can run.
  static let onCPU = allCases.filter { CPUBackend().support(for: $0).refusal == nil }
  /// Those that keep fp32 masters.
  static let lossless = onCPU.filter(\.isLossless)
}

extension Model {
  /// A network of the catalog in a small size, for ten classes.
  static func small(_ name: String, sampleShape: [Int], dropout: Float = 0, hidden: Int = 16) throws -> Model {
    var sizes = ModelCatalog.Sizes()
    sizes.mlp.hidden = hidden
    sizes.mlp.layers = 2
    sizes.mlp.dropout = dropout
    sizes.cnn.channels = [4, 8, 8]
    sizes.cnn.dropout = dropout
    return try ModelCatalog.model(
      name, input: SampleType(.float32, sampleShape), task: .classification(classes: 10), sizes: sizes)
  }
}

extension DeviceState {
  /// Bit patterns of every entry by name.
  var bits: [String: [UInt32]] {
    get throws {
      var result: [String: [UInt32]] = [:]
      for entry in layout.entries { result[entry.name] = try floats(entry.name).map(\.bitPattern) }
      return result
    }
  }

  /// Whether every entry is free of NaN and infinities.
  var isFinite: Bool {
    get throws { try layout.entries.allSatisfy { try floats($0.name).allSatisfy(\.isFinite) } }
  }
}

extension Trainer {
  /// Makes attempts and returns the bit patterns of their losses.
  func losses(_ count: Int) throws -> [UInt32] {
    try (0..<count).map { _ in try step().outcome.loss.bitPattern }
  }
}

/// Batches computed from the attempt, for runs that must meet certain numbers.
struct ComputedBatches: BatchSource {
  var batchSize = 4
  var sampleShape = [1, 8, 8]
  var attemptLimit: Int?
  /// Called for every batch; may change the values or throw.
  var change: @Sendable (_ attempt: Int, _ values: UnsafeMutableBufferPointer<Float>) throws -> Void = { _, _ in }

  var input: SampleType { SampleType(.float32, sampleShape) }
  var task: LearningTask { .classification(classes: 10) }

  func fill(
    attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
  ) throws {
    var random = PhiloxGenerator(seed: 5, stream: UInt64(attempt))
    let (values, labels) = (inputs.bindMemory(to: Float.self), targets.bindMemory(to: Int64.self))
    for index in values.indices { values[index] = 2 * random.nextUniform() - 1 }
    for index in labels.indices { labels[index] = Int64(random.next32() % 10) }
    try change(attempt, values)
  }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
  private let url = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

extension ModelCatalog {
  /// The training step of a network of the catalog in its own size, under autocast.
  static func smallTrainingStep(_ name: ModelName) throws -> Graph {
    let (input, task, tables): (SampleType, LearningTask, [Int]?) =
      switch name {
      case .mlp, .cnn, .resnet, .vit: (SampleType(.float32, [1, 28, 28]), .classification(classes: 10), nil)
      case .unet: (SampleType(.float32, [1, 32, 32]), .segmentation(classes: 4), nil)
      case .lstm, .gpt: (SampleType(.int64, [16]), .language(vocabulary: 32), nil)
      case .ncf: (SampleType(.int64, [2]), .interaction, [50, 60])
      }
    let model = try ModelCatalog.model(name.rawValue, input: input, task: task, tableSizes: tables, sizes: Sizes())
    let stages = try CompilerPipeline(autocastFormat: .float16).trainingStages(
      model.trainingGraph(batchSize: 2), optimizer: Optimizer.adamW().kind)
    return stages[stages.count - 1].graph
  }
}
