import BackendAPI
import Datasets
import Foundation
import GraphIR
import ModelZoo
import SafetensorsFormat
import Training
import TrainingEvents

/// The files that PyTorch made: see the page beside them in Tests/Reference.
enum ReferenceFixtures {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Reference/Fixtures")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  static func tensors(_ name: String) throws -> SafetensorsFile { try SafetensorsFile(path: path(name)) }

  static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: folder.appendingPathComponent(name)))
  }

  static let models = [
    "mlp", "gelu-mlp", "cnn", "resnet", "gpt", "lstm", "vit", "unet-transposed", "unet-bilinear", "ncf-bce", "ncf-mse",
  ]
  static let optimizers = ["sgd", "adamw"]
  /// Modes of models that are 16 bits as a whole; their runs lie in files of their own.
  static let wholeModelModes = ["o2", "fp16", "bf16"]

  /// What the name of a file with runs of a mode ends in.
  static func suffix(of mode: String) -> String { wholeModelModes.contains(mode) ? "-whole-model" : "" }
}

/// An optimizer as the fixtures describe it.
struct ReferenceOptimizer: Decodable {
  var kind: String
  var lr: Double
  var momentum: Float?
  var nesterov: Bool?
  var betas: [Double]?
  var eps: Float?
  var weightDecay: Float

  var optimizer: Optimizer {
    switch kind {
    case "adamw":
      .adamW(
        learningRate: lr, beta1: betas?[0] ?? 0, beta2: betas?[1] ?? 0, eps: eps ?? 0, weightDecay: weightDecay)
    case "adam":
      .adam(
        learningRate: lr, beta1: betas?[0] ?? 0, beta2: betas?[1] ?? 0, eps: eps ?? 0, weightDecay: weightDecay)
    default:
      .sgd(
        learningRate: lr, momentum: momentum ?? 0, weightDecay: weightDecay, nesterov: nesterov ?? false)
    }
  }
}

/// A loss scaler as the fixtures describe it.
struct ReferenceScaler: Decodable {
  var initScale: Float
  var growthFactor: Double
  var backoffFactor: Double
  var growthInterval: Int32

  var settings: GradScaler.Settings {
    GradScaler.Settings(
      initialScale: initScale, growthFactor: .init(growthFactor), backoffFactor: .init(backoffFactor),
      growthInterval: growthInterval)
  }
}

/// Some steps of one network and optimizer in every mode.
struct ReferenceTrajectories: Decodable {
  struct Mode: Decodable {
    var torchLosses: [Double]
    var referenceLosses: [Double]
    var tolerance: Double
    var scaler: ReferenceScaler?
    var scales: [Double]?
    var foundInf: [Bool]?
    /// Of models that are 16 bits as a whole: a tolerance of the loss a step, norms of the unscaled gradients (nil where
    /// one is not finite), and the tolerances of these.
    var tolerances: [Double]?
    var gradientNorms: [Double?]?
    var gradientNormTolerances: [Double]?
  }

  var model: ReferenceModel
  var optimizer: ReferenceOptimizer
  var initFile: String
  var batchesFile: String
  var modes: [String: Mode]

  init(model: String, optimizer: String, mode: String = "fp32") throws {
    let file = "\(model)-\(optimizer)\(ReferenceFixtures.suffix(of: mode)).json"
    self = try ReferenceFixtures.decode(ReferenceTrajectories.self, file)
  }
}

/// First-step gradients of one network in every mode.
struct ReferenceGradients: Decodable {
  struct Mode: Decodable {
    var file: String
    var scale: Float
    var norm: String
    var tensors: [String: Tensor]
  }

  struct Tensor: Decodable {
    var norm: Double
    var tolerance: Double
    /// How far the gradient lies from this mode's reference when nothing is rounded.
    var distanceOfFp64: Double
  }

  var model: ReferenceModel
  var initFile: String
  var batchesFile: String
  var modes: [String: Mode]

  init(model: String, mode: String) throws {
    let file = "\(model).gradients\(ReferenceFixtures.suffix(of: mode)).json"
    self = try ReferenceFixtures.decode(ReferenceGradients.self, file)
  }
}

extension Precision {
  /// The precision that a mode of the fixtures stands for: "amp-fp16-overflow" is amp-fp16 from a higher scale.
  init?(mode name: String) { self.init(rawValue: name.replacingOccurrences(of: "-overflow", with: "")) }
}
