import Datasets
import GraphIR
import ModelZoo
import TensorCore
import Testing
import Training

/// A network of the catalog in a size that takes no time to build.
struct ZooCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let name: String
  let input: SampleType
  let task: LearningTask
  var tableSizes: [Int]?
  let sizes: ModelCatalog.Sizes

  init(
    _ title: String, _ name: String, _ input: SampleType, _ task: LearningTask, tableSizes: [Int]? = nil,
    _ change: (inout ModelCatalog.Sizes) -> Void = { _ in }
  ) {
    testDescription = title
    self.name = name
    self.input = input
    self.task = task
    self.tableSizes = tableSizes
    var sizes = ModelCatalog.Sizes()
    change(&sizes)
    self.sizes = sizes
  }

  func model() throws -> Model {
    try ModelCatalog.model(name, input: input, task: task, tableSizes: tableSizes, sizes: sizes)
  }

  /// Every network and every variant of one, small.
  static let all: [ZooCase] = [
    ZooCase("mlp", "mlp", images(1, 6, 6), .classification(classes: 3)) {
      $0.mlp.hidden = 8
      $0.mlp.layers = 2
    },
    ZooCase("mlp on features", "mlp", SampleType(.float32, [5]), .classification(classes: 3)) { $0.mlp.hidden = 8 },
    ZooCase("cnn", "cnn", images(3, 9, 12), .classification(classes: 3)) { $0.cnn.channels = [2, 3, 4] },
    ZooCase("resnet-8", "resnet", images(3, 8, 8), .classification(classes: 3)) { $0.resnet.width = 4 },
    ZooCase("resnet-18", "resnet", images(1, 28, 28), .classification(classes: 3)) {
      $0.resnet.depth = 18
      $0.resnet.width = 2
    },
    ZooCase("resnet-50", "resnet", images(1, 32, 32), .classification(classes: 3)) {
      $0.resnet.depth = 50
      $0.resnet.width = 2
    },
    ZooCase("unet", "unet", images(1, 8, 12), .segmentation(classes: 3)) { $0.unet.channels = 4 },
    ZooCase("unet, bilinear", "unet", images(1, 8, 8), .segmentation(classes: 3)) {
      $0.unet.channels = 4
      $0.unet.levels = 1
      $0.unet.upsampling = .bilinear
    },
    ZooCase("lstm", "lstm", SampleType(.int64, [5]), .language(vocabulary: 7)) {
      $0.lstm.embedding = 4
      $0.lstm.hidden = 6
      $0.lstm.layers = 2
      $0.lstm.dropout = 0.1
    },
    ZooCase("gpt", "gpt", SampleType(.int64, [5]), .language(vocabulary: 7)) {
      $0.gpt.layers = 2
      $0.gpt.heads = 2
      $0.gpt.width = 8
      $0.gpt.blockSize = 9
      $0.gpt.dropout = 0.1
    },
    ZooCase("vit", "vit", images(1, 8, 4), .classification(classes: 3)) {
      $0.vit.layers = 2
      $0.vit.heads = 2
      $0.vit.width = 8
      $0.vit.dropout = 0.1
    },
    ZooCase("ncf, interactions", "ncf", SampleType(.int64, [2]), .interaction, tableSizes: [11, 13]) {
      $0.ncf.factors = 4
      $0.ncf.layers = 2
    },
    ZooCase("ncf, ratings", "ncf", SampleType(.int64, [2]), .rating, tableSizes: [11, 13]),
  ]

  static func named(_ title: String) throws -> ZooCase {
    try #require(all.first { $0.testDescription == title })
  }
}

/// Images of C channels.
func images(_ channels: Int, _ height: Int, _ width: Int) -> SampleType {
  SampleType(.float32, [channels, height, width])
}

extension Graph {
  /// "name (shape)" of every parameter and statistic, in the order of declaration.
  var parameterList: [String] { parameters.map { "\($0.name) \($0.shape)" } }
}
