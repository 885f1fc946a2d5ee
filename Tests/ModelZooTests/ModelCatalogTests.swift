import GraphIR
import ModelZoo
import TensorCore
import Testing
import Training

@Suite("Model catalog")
struct ModelCatalogTests {
  @Test("Parameters of mlp bear torch's state_dict names and shapes")
  func perceptronNames() throws {
    let graph = try ModelCatalog.model("mlp", sampleShape: [1, 28, 28], classCount: 10).trainingGraph(batchSize: 2)
    let expected = [
      "1.weight (1024, 784)", "1.bias (1024)", "4.weight (1024, 1024)", "4.bias (1024)", "7.weight (1024, 1024)",
      "7.bias (1024)", "10.weight (10, 1024)", "10.bias (10)",
    ]
    #expect(graph.parameters.map { "\($0.name) \($0.shape)" } == expected)
    #expect(graph.parameters.allSatisfy { $0.isTrainable })
    // 784·1024 + 1024 + 2 (1024² + 1024) + 1024·10 + 10
    #expect(graph.trainableCount == 2_913_290)
  }

  @Test("Parameters and statistics of cnn bear torch's state_dict names and shapes")
  func convolutionalNames() throws {
    let graph = try ModelCatalog.model("cnn", sampleShape: [1, 28, 28], classCount: 10).trainingGraph(batchSize: 2)
    let expected = [
      "features.0.weight (32, 1, 3, 3)", "features.1.weight (32)", "features.1.bias (32)",
      "features.1.running_mean (32)", "features.1.running_var (32)", "features.4.weight (64, 32, 3, 3)",
      "features.5.weight (64)", "features.5.bias (64)", "features.5.running_mean (64)", "features.5.running_var (64)",
      "features.8.weight (128, 64, 3, 3)", "features.9.weight (128)", "features.9.bias (128)",
      "features.9.running_mean (128)", "features.9.running_var (128)", "classifier.2.weight (10, 1152)",
      "classifier.2.bias (10)",
    ]
    #expect(graph.parameters.map { "\($0.name) \($0.shape)" } == expected)
    let statistics = graph.parameters.filter { !$0.isTrainable }.map(\.name)
    #expect(statistics == expected.map { String($0.prefix { $0 != " " }) }.filter { $0.contains("running") })
    // 9·(32 + 32·64 + 64·128) + 2·(32 + 64 + 128) + 1152·10 + 10: three poolings leave 3 by 3 of 28 by 28.
    #expect(graph.trainableCount == 104_426)
  }

  @Test("A forward pass of cnn takes the documented 15 MFLOP a sample")
  func operations() throws {
    let graph = try ModelCatalog.model("cnn", sampleShape: [1, 28, 28], classCount: 10).inferenceGraph(batchSize: 1)
    // Convolutions at 28², 14² and 7² pixels, and the head.
    let products = 28 * 28 * 9 * 32 + 14 * 14 * 9 * 32 * 64 + 7 * 7 * 9 * 64 * 128 + 1152 * 10
    #expect(graph.floatingPointOperations == Double(2 * products))
  }

  @Test("Sizes change the network")
  func sizes() throws {
    var sizes = ModelCatalog.Sizes()
    sizes.hidden = 8
    sizes.layers = 0
    sizes.channels = [2, 3, 4]
    sizes.dropout = 0
    let perceptron = try ModelCatalog.model("mlp", sampleShape: [5], classCount: 3, sizes: sizes)
    #expect(try perceptron.trainingGraph(batchSize: 1).parameters.map(\.name) == ["1.weight", "1.bias"])
    let network = try ModelCatalog.model("cnn", sampleShape: [3, 16, 24], classCount: 7, sizes: sizes)
    let shapes = try network.trainingGraph(batchSize: 4).parameters.map(\.shape)
    #expect(shapes.first == [2, 3, 3, 3] && shapes.last == [7])
    #expect(network.name == "cnn" && network.classCount == 7 && network.sampleShape == [3, 16, 24])
  }

  @Test("Dropout stands in the training graph only, and not at all at 0")
  func dropout() throws {
    func dropouts(_ graph: Graph) -> Int {
      graph.nodes.count { if case .dropout = $0.operation { true } else { false } }
    }
    var sizes = ModelCatalog.Sizes()
    let model = try ModelCatalog.model("mlp", sampleShape: [4], classCount: 2, sizes: sizes)
    #expect(try dropouts(model.trainingGraph(batchSize: 2)) == 3)
    #expect(try dropouts(model.inferenceGraph(batchSize: 2)) == 0)
    sizes.dropout = 0
    let dry = try ModelCatalog.model("mlp", sampleShape: [4], classCount: 2, sizes: sizes)
    #expect(try dropouts(dry.trainingGraph(batchSize: 2)) == 0)
  }

  @Test("What cannot be built is refused with a message that says why")
  func refusals() throws {
    func message(_ name: String, _ shape: [Int], _ change: (inout ModelCatalog.Sizes) -> Void = { _ in }) -> String? {
      var sizes = ModelCatalog.Sizes()
      change(&sizes)
      let error = #expect(throws: TrainingError.self) {
        try ModelCatalog.model(name, sampleShape: shape, classCount: 10, sizes: sizes)
      }
      return error?.message
    }
    #expect(message("transformer", [1, 28, 28])?.contains("unknown model \"transformer\"") == true)
    #expect(message("cnn", [784])?.contains("takes images") == true)
    #expect(message("cnn", [1, 28, 28]) { $0.channels = [8, 8] }?.contains("three widths") == true)
    #expect(message("cnn", [1, 28, 28]) { $0.channels = [8, 0, 8] }?.contains("three widths") == true)
    #expect(message("mlp", [4]) { $0.hidden = 0 }?.contains("--hidden") == true)
    #expect(message("mlp", [4]) { $0.layers = -1 }?.contains("--layers") == true)
  }

  @Test("A batch of 0, a dropout out of range and images too small are graph errors")
  func graphErrors() throws {
    let model = try ModelCatalog.model("mlp", sampleShape: [4], classCount: 2)
    #expect(throws: GraphError.self) { try model.trainingGraph(batchSize: 0) }
    var sizes = ModelCatalog.Sizes()
    sizes.dropout = 1
    let wet = try ModelCatalog.model("mlp", sampleShape: [4], classCount: 2, sizes: sizes)
    #expect(throws: GraphError.self) { try wet.trainingGraph(batchSize: 2) }
  }
}
