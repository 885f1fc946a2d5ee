/// The networks of the catalog, with what they take and how they are trained unless the user states otherwise.
public enum ModelName: String, Sendable, Hashable, CaseIterable {
  /// Multi-layer perceptron: `MLP`.
  case mlp
  /// Small convolutional network: `CNN`.
  case cnn
  /// Residual network: `ResNet`.
  case resnet
  /// Encoder and decoder over images: `UNet`.
  case unet
  /// Recurrent language model: `LSTMLanguageModel`.
  case lstm
  /// Causal transformer: `GPT`.
  case gpt
  /// Transformer over patches of images: `VisionTransformer`.
  case vit
  /// Matrix factorisation with a perceptron: `NeuMF`.
  case ncf

  /// One line for people.
  public var summary: String {
    switch self {
    case .mlp: "perceptron on images or features"
    case .cnn: "three convolutions with batch norm and max pooling"
    case .resnet: "residual network of depth 8, 20, … for small images, 18 or 50 as torchvision's"
    case .unet: "encoder and decoder with skips: a class for every pixel"
    case .lstm: "LSTM language model"
    case .gpt: "GPT-2: causal transformer"
    case .vit: "vision transformer"
    case .ncf: "NeuMF: neural collaborative filtering"
    }
  }

  /// Names of the tasks that the network learns, as `LearningTask.name` has them.
  public var tasks: [String] {
    switch self {
    case .mlp, .cnn, .resnet, .vit: ["classification"]
    case .unet: ["segmentation"]
    case .lstm, .gpt: ["language"]
    case .ncf: ["interaction", "rating"]
    }
  }

  /// Names of the data sets of `DataCatalog` whose task the network learns; the first suits it best.
  public var dataSets: [String] {
    switch self {
    case .mlp, .cnn, .resnet, .vit: ["fashion-mnist", "glyphs"]
    case .unet: ["shapes"]
    case .lstm, .gpt: ["grammar", "fortunes"]
    case .ncf: ["interactions", "ratings"]
    }
  }

  /// What a run takes where the user states nothing.
  ///
  /// Sized so that a step in fp32 takes less than a tenth of a second on two processors, and that the network reaches the
  /// known score of its synthetic data in every mode.
  public var defaults: ModelDefaults {
    switch self {
    case .mlp: ModelDefaults(data: nil, batchSize: 128, steps: 600, learningRate: 1e-3)
    case .cnn: ModelDefaults(data: nil, batchSize: 128, steps: 400, learningRate: 1e-3)
    case .resnet: ModelDefaults(data: nil, batchSize: 128, steps: 600, learningRate: 2e-3)
    case .unet: ModelDefaults(data: "shapes", batchSize: 16, steps: 300, learningRate: 1e-3)
    case .lstm: ModelDefaults(data: "grammar", batchSize: 32, steps: 400, learningRate: 2e-3)
    case .gpt: ModelDefaults(data: "grammar", batchSize: 16, steps: 400, learningRate: 1e-3)
    case .vit: ModelDefaults(data: nil, batchSize: 64, steps: 2000, learningRate: 2e-3)
    case .ncf: ModelDefaults(data: "interactions", batchSize: 1024, steps: 500, learningRate: 2e-3)
    }
  }
}

/// What a run of a network takes where the user states nothing.
public struct ModelDefaults: Sendable, Hashable {
  /// Data set; nil for the data catalog's own choice: Fashion-MNIST, or glyphs where it is not installed.
  public var data: String?
  /// Samples in a batch.
  public var batchSize: Int
  /// Steps after which the network has learned something worth looking at.
  public var steps: Int
  /// Learning rate of AdamW.
  public var learningRate: Double
}
