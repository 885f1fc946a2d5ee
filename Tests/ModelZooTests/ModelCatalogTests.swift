import Datasets
import GraphIR
import ModelZoo
import TensorCore
import Testing
import Training

@Suite("Model catalog")
struct ModelCatalogTests {
  static let grey = images(1, 28, 28)

  @Test("Every name makes a model of that name for each of its tasks", arguments: ModelName.allCases)
  func everyName(_ name: ModelName) throws {
    let cases = ZooCase.all.filter { $0.name == name.rawValue }
    #expect(Set(cases.map(\.task.name)) == Set(name.tasks))
    for entry in cases {
      let model = try entry.model()
      #expect(model.name == name.rawValue && model.input == entry.input && model.task == entry.task)
    }
    #expect(!name.summary.isEmpty && !name.dataSets.isEmpty)
    #expect(name.defaults.batchSize >= 1 && name.defaults.steps >= 1 && name.defaults.learningRate > 0)
    #expect(name.defaults.data.map(name.dataSets.contains) ?? true)
  }

  @Test("Data sets that suit a network teach its tasks, and fit it in its default sizes", arguments: ModelName.allCases)
  func dataSets(_ name: ModelName) throws {
    #expect(name.dataSets.allSatisfy(DataCatalog.names.contains))
    // The others are read from files that need not be installed.
    for set in name.dataSets where !["fashion-mnist", "fortunes"].contains(set) {
      let options = DataCatalog.Options(syntheticCounts: (train: 40, validation: 10))
      let data = try DataCatalog.open(name: set, options).dataset
      #expect(name.tasks.contains(data.task.name), "\(set)")
      let model = try ModelCatalog.model(
        name.rawValue, input: data.input, task: data.task, tableSizes: data.tableSizes)
      #expect(try model.trainingGraph(batchSize: 2).outputs.keys.sorted() == ["logits", "loss"], "\(set)")
    }
  }

  @Test("A task that a network does not learn is refused, with data and networks that fit")
  func mismatch() {
    func message(_ name: String, _ input: SampleType, _ task: LearningTask) -> String? {
      #expect(throws: TrainingError.self) { try ModelCatalog.model(name, input: input, task: task) }?.message
    }
    #expect(
      message("gpt", Self.grey, .classification(classes: 10))
        == "model gpt learns language, this data's task is classification: give it --data grammar or fortunes, or choose "
        + "--model mlp, cnn, resnet or vit")
    #expect(
      message("unet", SampleType(.int64, [2]), .rating)
        == "model unet learns segmentation, this data's task is rating: give it --data shapes, or choose --model ncf")
    #expect(message("cnn", Self.grey, .segmentation(classes: 2))?.contains("choose --model unet") == true)
    #expect(message("ncf", SampleType(.int64, [2]), .interaction)?.contains("number of users and of items") == true)
    #expect(message("transformer", Self.grey, .classification(classes: 2))?.contains("unknown model") == true)
  }

  @Test(
    "Samples and sizes out of range are refused with the option's name",
    arguments: [
      ZooCase("--hidden", "mlp", grey, .classification(classes: 2)) { $0.mlp.hidden = 0 },
      ZooCase("--layers", "mlp", grey, .classification(classes: 2)) { $0.mlp.layers = -1 },
      ZooCase("takes images", "cnn", SampleType(.float32, [784]), .classification(classes: 2)),
      ZooCase("8 by 8", "cnn", images(1, 7, 28), .classification(classes: 2)),
      ZooCase("--channels", "cnn", grey, .classification(classes: 2)) { $0.cnn.channels = [8, 8] },
      ZooCase("--channels", "cnn", grey, .classification(classes: 2)) { $0.cnn.channels = [8, 0, 8] },
      ZooCase("takes images", "resnet", SampleType(.float32, [784]), .classification(classes: 2)),
      ZooCase("--depth", "resnet", grey, .classification(classes: 2)) { $0.resnet.depth = 9 },
      ZooCase("--depth", "resnet", grey, .classification(classes: 2)) { $0.resnet.depth = 2 },
      ZooCase("--width", "resnet", grey, .classification(classes: 2)) { $0.resnet.width = 0 },
      ZooCase("--levels", "unet", grey, .segmentation(classes: 2)) { $0.unet.levels = 3 },
      ZooCase("--levels", "unet", grey, .segmentation(classes: 2)) { $0.unet.levels = 0 },
      ZooCase("--channels", "unet", grey, .segmentation(classes: 2)) { $0.unet.channels = 0 },
      ZooCase("--embedding", "lstm", SampleType(.int64, [4]), .language(vocabulary: 5)) { $0.lstm.embedding = 0 },
      ZooCase("--heads", "gpt", SampleType(.int64, [4]), .language(vocabulary: 5)) { $0.gpt.heads = 3 },
      ZooCase("--heads", "gpt", SampleType(.int64, [4]), .language(vocabulary: 5)) { $0.gpt.heads = 0 },
      ZooCase("--block-size", "gpt", SampleType(.int64, [4]), .language(vocabulary: 5)) { $0.gpt.blockSize = 3 },
      ZooCase("50257 tokens", "gpt", SampleType(.int64, [4]), .language(vocabulary: 60_000)) { $0.gpt.size = .gpt2 },
      ZooCase("--patch", "vit", grey, .classification(classes: 2)) { $0.vit.patch = 5 },
      ZooCase("--heads", "vit", grey, .classification(classes: 2)) { $0.vit.heads = 7 },
      ZooCase("--factors", "ncf", SampleType(.int64, [2]), .rating, tableSizes: [3, 3]) { $0.ncf.factors = 0 },
      ZooCase("--layers", "ncf", SampleType(.int64, [2]), .rating, tableSizes: [3, 3]) { $0.ncf.layers = 40 },
      ZooCase("widths", "ncf", SampleType(.int64, [2]), .rating, tableSizes: [3, 3]) { $0.ncf.widths = [7, 4] },
    ])
  func refusals(_ entry: ZooCase) {
    let error = #expect(throws: TrainingError.self) { try entry.model() }
    #expect(error?.message.contains("model \(entry.name)") == true)
    #expect(error?.message.contains(entry.testDescription) == true)
  }

  @Test("A batch of 0 and a dropout out of range are graph errors")
  func graphErrors() throws {
    let task = LearningTask.classification(classes: 2)
    let model = try ModelCatalog.model("mlp", input: SampleType(.float32, [4]), task: task)
    #expect(throws: GraphError.self) { try model.trainingGraph(batchSize: 0) }
    var sizes = ModelCatalog.Sizes()
    sizes.mlp.dropout = 1
    let wet = try ModelCatalog.model("mlp", input: SampleType(.float32, [4]), task: task, sizes: sizes)
    #expect(throws: GraphError.self) { try wet.trainingGraph(batchSize: 2) }
  }

  @Test("Dropout stands in the training graph only, and not at all at 0")
  func dropout() throws {
    func dropouts(_ graph: Graph) -> Int {
      graph.nodes.count { if case .dropout = $0.operation { true } else { false } }
    }
    func model(_ probability: Float) throws -> Model {
      var sizes = ModelCatalog.Sizes()
      sizes.mlp.dropout = probability
      return try ModelCatalog.model(
        "mlp", input: SampleType(.float32, [4]), task: .classification(classes: 2), sizes: sizes)
    }
    #expect(try dropouts(model(0.1).trainingGraph(batchSize: 2)) == 3)
    #expect(try dropouts(model(0.1).inferenceGraph(batchSize: 2)) == 0)
    #expect(try dropouts(model(0).trainingGraph(batchSize: 2)) == 0)
    // The embedding and two branches a block; two LSTM layers and the head.
    #expect(try dropouts(ZooCase.named("gpt").model().trainingGraph(batchSize: 2)) == 1 + 2 * 2)
    #expect(try dropouts(ZooCase.named("vit").model().trainingGraph(batchSize: 2)) == 1 + 3 * 2)
    #expect(try dropouts(ZooCase.named("lstm").model().trainingGraph(batchSize: 2)) == 2)
  }
}
