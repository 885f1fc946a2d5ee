public import Datasets
import TensorCore
public import Training

/// The networks that can be asked for by name.
public enum ModelCatalog {
  /// Every name.
  public static let names = ModelName.allCases.map(\.rawValue)

  /// Sizes that flags can change, model by model; those of other models than the one asked for mean nothing.
  public struct Sizes: Sendable, Hashable {
    /// Sizes of `mlp`.
    public var mlp = MLP.Sizes()
    /// Sizes of `cnn`.
    public var cnn = CNN.Sizes()
    /// Sizes of `resnet`.
    public var resnet = ResNet.Sizes()
    /// Sizes of `unet`.
    public var unet = UNet.Sizes()
    /// Sizes of `lstm`.
    public var lstm = LSTMLanguageModel.Sizes()
    /// Sizes of `gpt`.
    public var gpt = GPT.Sizes()
    /// Sizes of `vit`.
    public var vit = VisionTransformer.Sizes()
    /// Sizes of `ncf`.
    public var ncf = NeuMF.Sizes()

    /// The documented defaults.
    public init() {}
  }

  /// The model of a name for data of a kind.
  ///
  /// - Parameters:
  ///   - name: one of `names`.
  ///   - input: one sample: images float32 [C, H, W], features float32 [F], tokens int64 [T], pairs int64 [2].
  ///   - task: what the data teaches.
  ///   - tableSizes: number of users and of items where samples are pairs of them.
  ///   - sizes: sizes of the networks.
  ///
  /// Throws `TrainingError` for an unknown name, a task that the network does not learn, samples that it cannot take, or
  /// a size out of range.
  public static func model(
    _ name: String, input: SampleType, task: LearningTask, tableSizes: [Int]? = nil, sizes: Sizes = Sizes()
  ) throws(TrainingError) -> Model {
    guard let model = ModelName(rawValue: name) else {
      throw TrainingError("unknown model \"\(name)\"; there are \(names.joined(separator: ", "))")
    }
    let network = try network(model, input, task, tableSizes, sizes)
    return Model(name: name, network: network, input: input, task: task)
  }

  private static func network(
    _ model: ModelName, _ input: SampleType, _ task: LearningTask, _ tableSizes: [Int]?, _ sizes: Sizes
  ) throws(TrainingError) -> any Layer {
    switch (model, task) {
    case (.mlp, .classification(let classes)):
      return try MLP(inputs: input.elementCount, classes: classes, sizes: sizes.mlp)
    case (.cnn, .classification(let classes)):
      return try CNN(image: input.shape, classes: classes, sizes: sizes.cnn)
    case (.resnet, .classification(let classes)):
      let channels = try imageExtents("resnet", input.shape).channels
      return try ResNet(channels: channels, classes: classes, sizes: sizes.resnet)
    case (.vit, .classification(let classes)):
      return try VisionTransformer(image: input.shape, classes: classes, sizes: sizes.vit)
    case (.unet, .segmentation(let classes)):
      return try UNet(image: input.shape, classes: classes, sizes: sizes.unet)
    case (.lstm, .language(let vocabulary)):
      return try LSTMLanguageModel(vocabulary: vocabulary, sizes: sizes.lstm)
    case (.gpt, .language(let vocabulary)):
      return try GPT(length: input.elementCount, vocabulary: vocabulary, sizes: sizes.gpt)
    case (.ncf, .interaction), (.ncf, .rating):
      guard let tableSizes, tableSizes.count == 2 else {
        throw TrainingError("model ncf needs the number of users and of items, which this data does not state")
      }
      return try NeuMF(users: tableSizes[0], items: tableSizes[1], sizes: sizes.ncf)
    default: throw mismatch(model, task)
    }
  }

  private static func alternatives(_ words: [String]) -> String {
    words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
  }

  private static func mismatch(_ model: ModelName, _ task: LearningTask) -> TrainingError {
    let others = ModelName.allCases.filter { $0.tasks.contains(task.name) }.map(\.rawValue)
    return TrainingError(
      "model \(model.rawValue) learns \(alternatives(model.tasks)), this data's task is \(task.name): give it --data "
        + "\(alternatives(model.dataSets)), or choose --model \(alternatives(others))")
  }
}
