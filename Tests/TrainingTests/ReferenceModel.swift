import Datasets
import ModelZoo
import TensorCore
import Training

/// A network as the fixtures describe it: its kind, its sizes under the twin's names, its data.
struct ReferenceModel: Decodable {
  var kind: String
  var inputShape: [Int]?
  var classes: Int?
  var vocabulary: Int?
  var loss: String?
  var depth: Int?
  var width: Int?
  var levels: Int?
  var upsampling: String?
  var embedding: Int?
  var hidden: Int?
  var layers: Int?
  var context: Int?
  var heads: Int?
  var patch: Int?
  var users: Int?
  var items: Int?
  var gmf: Int?
  var mlp: [Int]?
  var channels: Widths?
  var dropout: Float?

  /// One width or several.
  enum Widths: Decodable {
    case one(Int)
    case several([Int])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let width = try? container.decode(Int.self) {
        self = .one(width)
      } else {
        self = .several(try container.decode([Int].self))
      }
    }

    var all: [Int] {
      switch self {
      case .one(let width): [width]
      case .several(let widths): widths
      }
    }
  }

  /// What targets mean.
  var task: LearningTask {
    switch kind {
    case "unet": .segmentation(classes: classes ?? 0)
    case "lstm", "gpt": .language(vocabulary: vocabulary ?? 0)
    case "ncf": loss == "mse" ? .rating : .interaction
    default: .classification(classes: classes ?? 0)
    }
  }

  /// Users and items.
  var tableSizes: [Int]? {
    guard let users, let items else { return nil }
    return [users, items]
  }

  /// Our twin of it, for batches of the fixtures.
  func model(_ batches: some BatchSource) throws -> Model { try model(batches.input) }

  /// Our twin of it, for the samples that it describes; sequences are as long as the context, where there is one.
  func model() throws -> Model {
    switch task {
    case .language: try model(SampleType(.int64, [context ?? 16]))
    case .interaction, .rating: try model(SampleType(.int64, [2]))
    case .classification, .segmentation: try model(SampleType(.float32, value(inputShape)))
    }
  }

  private func model(_ input: SampleType) throws -> Model {
    guard kind != "gelu-mlp" else { return perceptron(input) }
    return try ModelCatalog.model(kind, input: input, task: task, tableSizes: tableSizes, sizes: try sizes())
  }

  private func sizes() throws -> ModelCatalog.Sizes {
    var sizes = ModelCatalog.Sizes()
    sizes.mlp.hidden = hidden ?? sizes.mlp.hidden
    sizes.mlp.layers = layers ?? sizes.mlp.layers
    sizes.mlp.dropout = dropout ?? 0
    if case .several(let widths)? = channels { sizes.cnn.channels = widths }
    sizes.cnn.dropout = dropout ?? 0
    sizes.resnet.depth = depth ?? sizes.resnet.depth
    sizes.resnet.width = width
    sizes.unet.levels = levels ?? sizes.unet.levels
    if case .one(let base)? = channels { sizes.unet.channels = base }
    if let upsampling { sizes.unet.upsampling = try value(UNet.Upsampling(rawValue: upsampling)) }
    sizes.lstm.embedding = embedding ?? sizes.lstm.embedding
    sizes.lstm.hidden = hidden ?? sizes.lstm.hidden
    sizes.lstm.layers = layers ?? sizes.lstm.layers
    (sizes.gpt.layers, sizes.gpt.heads, sizes.gpt.width) = (layers, heads, channels?.all.first)
    sizes.gpt.blockSize = context
    (sizes.vit.patch, sizes.vit.heads, sizes.vit.layers) = (patch, heads, layers)
    sizes.vit.width = channels?.all.first
    sizes.ncf.factors = gmf ?? sizes.ncf.factors
    sizes.ncf.widths = mlp
    return sizes
  }

  private func value<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw TrainingError("the fixtures describe a \(kind) that ours cannot be: \(self)") }
    return value
  }

  private func perceptron(_ input: SampleType) -> Model {
    var parts: [any Layer] = [Flatten()]
    var features = input.elementCount
    for _ in 0..<(layers ?? 0) {
      parts += [Linear(features, hidden ?? 0), GELU(), Dropout(dropout ?? 0)] as [any Layer]
      features = hidden ?? 0
    }
    parts.append(Linear(features, classes ?? 0))
    return Model(name: kind, network: Sequential(parts), input: input, task: task)
  }
}
