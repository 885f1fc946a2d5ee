import BackendAPI
import BackendCPU
import GraphIR
import TensorCore
import Testing
import Training

/// How a parameter starts in PyTorch.
private struct StatedDistribution: Decodable {
  var shape: [Int]
  var distribution: String
  var bound: Double?
  var mean: Double
  var std: Double

  /// Whether ours is that distribution: its kind, and its constant to fp32's precision.
  func isMet(by initializer: Initializer) -> Bool {
    func isNear(_ ours: Float, _ stated: Double) -> Bool { abs(Double(ours) - stated) <= 1e-6 * abs(stated) }
    switch initializer {
    case .constant(let value): return distribution == "constant" && Double(value) == mean
    case .uniform(let limit): return distribution == "uniform" && isNear(limit, bound ?? .nan)
    // Cut off at ±2, many standard deviations away.
    case .normal(let deviation), .truncatedNormal(let deviation):
      return distribution == "normal" && mean == 0 && isNear(deviation, std)
    }
  }
}

private struct Initializers: Decodable {
  struct Layer: Decodable {
    var layer: String
    var arguments: [String: Int]
    var parameters: [String: StatedDistribution]
  }

  struct Network: Decodable {
    var model: ReferenceModel
    var parameters: [String: StatedDistribution]
  }

  var layers: [Layer]
  var networks: [Network]

  static func load() throws -> Initializers { try ReferenceFixtures.decode(Initializers.self, "initializers.json") }
}

@Suite("First values against PyTorch")
struct ReferenceInitializerTests {
  @Test("Layers start from torch.nn's default distributions")
  func layers() throws {
    let stated = try Initializers.load().layers
    #expect(stated.count == 7)
    for entry in stated {
      var builder = GraphBuilder(isTraining: true)
      let (layer, input) = try built(entry)
      _ = try layer(builder.input("x", input), in: &builder)
      expect(builder.graph, entry.parameters, entry.layer)
    }
  }

  @Test("Networks start as torchvision's and nanoGPT's, and as the paper's", arguments: 0..<5)
  func networks(_ number: Int) throws {
    let stated = try Initializers.load().networks
    try #require(stated.count == 5)
    let graph = try stated[number].model.model().inferenceGraph(batchSize: 1)
    expect(graph, stated[number].parameters, stated[number].model.kind)
    try expectSamples(graph, stated[number].parameters)
  }

  private func expect(_ graph: Graph, _ stated: [String: StatedDistribution], _ title: String) {
    let ours = graph.parameters.filter(\.isTrainable)
    #expect(Set(ours.map(\.name)) == Set(stated.keys), "\(title)")
    for parameter in ours {
      let isMet = stated[parameter.name]?.isMet(by: parameter.initializer)
      #expect(isMet == true, "\(title) \(parameter.name): \(parameter.initializer)")
      #expect(stated[parameter.name]?.shape == parameter.shape.dimensions, "\(title) \(parameter.name)")
    }
  }

  /// What is drawn has the stated mean and deviation, to five of their own standard errors.
  private func expectSamples(_ graph: Graph, _ stated: [String: StatedDistribution]) throws {
    let state = try CPUBackend().makeState(StateLayout(parameters: graph.parameters, optimizer: nil))
    try state.initialize(graph.parameters, seed: 4)
    for (name, distribution) in stated {
      let values = try state.floats(name).map(Double.init)
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      #expect(abs(mean - distribution.mean) <= 5 * distribution.std / count.squareRoot(), "\(name)")
      guard count > 1 else { continue }
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
      // The mean of the sample lowers its deviation by one part in twice its size.
      let error = distribution.std * (5 / (2 * count).squareRoot() + 1 / (2 * count))
      #expect(abs(deviation - distribution.std) <= error, "\(name): \(deviation), expected \(distribution.std)")
    }
  }

  private func built(_ entry: Initializers.Layer) throws -> (layer: any Layer, input: TensorType) {
    func size(_ name: String) throws -> Int { try #require(entry.arguments[name]) }
    switch entry.layer {
    case "Linear":
      let inputs = try size("in_features")
      return (Linear(inputs, try size("out_features")), TensorType(.float32, [1, inputs]))
    case "Conv2d":
      let inputs = try size("in_channels")
      return (
        Conv2d(inputs, try size("out_channels"), kernel: try size("kernel_size")),
        TensorType(.float32, [1, inputs, 8, 8])
      )
    case "ConvTranspose2d":
      let inputs = try size("in_channels")
      return (
        ConvTranspose2d(inputs, try size("out_channels"), kernel: try size("kernel_size")),
        TensorType(.float32, [1, inputs, 8, 8])
      )
    case "Embedding":
      return (Embedding(try size("num_embeddings"), try size("embedding_dim")), TensorType(.int64, [1]))
    case "LSTM":
      let inputs = try size("input_size")
      return (LSTM(inputs, try size("hidden_size")), TensorType(.float32, [1, 2, inputs]))
    case "BatchNorm2d":
      let channels = try size("num_features")
      return (BatchNorm(channels), TensorType(.float32, [2, channels, 2, 2]))
    case "LayerNorm":
      let channels = try size("normalized_shape")
      return (LayerNorm(channels), TensorType(.float32, [2, channels]))
    default: throw TrainingError("unknown layer \"\(entry.layer)\" of the fixtures")
    }
  }
}
