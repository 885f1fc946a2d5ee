import GraphIR
import TensorCore
import Testing
import Training

/// A layer built alone.
private struct Built {
  let graph: Graph
  let result: Shape

  init(_ layer: any Layer, on type: TensorType, isTraining: Bool = true) throws {
    var builder = GraphBuilder(isTraining: isTraining)
    let x = builder.input("x", type)
    let y = try Named("layer", layer)(x, in: &builder)
    builder.output("y", y)
    graph = builder.graph
    result = builder.shape(y)
    try graph.verify()
  }

  var initializers: [String: Initializer] {
    let pairs = graph.parameters.map { (String($0.name.dropFirst("layer.".count)), $0.initializer) }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}

private func f32(_ dimensions: Int...) -> TensorType { TensorType(.float32, Shape(dimensions)) }

@Suite("Layers")
struct LayerTests {
  @Test("Shapes follow torch.nn")
  func shapes() throws {
    #expect(try Built(Linear(5, 7), on: f32(3, 5)).result == [3, 7])
    #expect(try Built(Linear(5, 7, bias: false), on: f32(3, 4, 5)).result == [3, 4, 7])
    #expect(try Built(LayerNorm(5), on: f32(3, 5)).result == [3, 5])
    #expect(try Built(LayerNorm(5), on: f32(3, 4, 5)).result == [3, 4, 5])
    #expect(try Built(Embedding(9, 5), on: TensorType(.int64, [3])).result == [3, 5])
    #expect(try Built(Embedding(9, 5), on: TensorType(.int64, [3, 4])).result == [3, 4, 5])
    #expect(try Built(LSTM(5, 6, layers: 3), on: f32(3, 4, 5)).result == [3, 4, 6])
    #expect(try Built(SelfAttention(heads: 2), on: f32(3, 4, 24)).result == [3, 4, 8])
    #expect(try Built(MultiheadSelfAttention(8, heads: 2), on: f32(3, 4, 8)).result == [3, 4, 8])
    #expect(try Built(Upsample(scale: 3), on: f32(2, 5, 4, 6)).result == [2, 5, 12, 18])
    // (H - 1) stride - 2 padding + K = 3·2 - 2 + 4.
    #expect(
      try Built(ConvTranspose2d(5, 3, kernel: 4, stride: 2, padding: 1), on: f32(2, 5, 4, 4)).result == [2, 3, 8, 8])
    for activation in [ReLU(), GELU(), Sigmoid(), Tanh(), SiLU()] as [any Layer] {
      #expect(try Built(activation, on: f32(3, 4, 5)).result == [3, 4, 5])
    }
  }

  @Test("First values follow torch.nn's reset_parameters")
  func initializers() throws {
    let fanOf16: [String: Initializer] = ["weight": .uniform(bound: 0.25), "bias": .uniform(bound: 0.25)]
    #expect(try Built(Linear(16, 3), on: f32(2, 16)).initializers == fanOf16)
    #expect(try Built(Conv2d(4, 3, kernel: 2), on: f32(2, 4, 5, 5)).initializers == fanOf16)
    // torch takes the fan from the weight's second extent: 16 outputs of 2 by 2.
    #expect(
      try Built(ConvTranspose2d(3, 16, kernel: 2), on: f32(2, 3, 5, 5)).initializers
        == ["weight": .uniform(bound: 0.125), "bias": .uniform(bound: 0.125)])
    #expect(
      try Built(LayerNorm(4), on: f32(2, 4)).initializers == ["weight": .constant(1), "bias": .constant(0)])
    #expect(
      try Built(Embedding(9, 4), on: TensorType(.int64, [2])).initializers == ["weight": .normal(standardDeviation: 1)])
    let recurrent = try Built(LSTM(3, 16, layers: 2), on: f32(2, 4, 3)).initializers
    #expect(recurrent.count == 8 && recurrent.values.allSatisfy { $0 == .uniform(bound: 0.25) })
    // xavier_uniform_ of (3·C, C): √(6 / (8 + 24)).
    let projections: [String: Initializer] = [
      "in_proj_weight": .uniform(bound: Float(0.1875).squareRoot()), "in_proj_bias": .constant(0),
      "out_proj.weight": .uniform(bound: 1 / Float(8).squareRoot()), "out_proj.bias": .constant(0),
    ]
    #expect(try Built(MultiheadSelfAttention(8, heads: 2), on: f32(2, 4, 8)).initializers == projections)
  }

  @Test("First values can be stated")
  func statedInitializers() throws {
    let (weight, bias) = (Initializer.kaimingNormal(fan: 8), Initializer.constant(0))
    #expect(weight == .normal(standardDeviation: 0.5))
    #expect(Initializer.xavierUniform(fanIn: 2, fanOut: 4) == .uniform(bound: 1))
    let linear = Linear(4, 3, weightInitializer: weight, biasInitializer: bias)
    #expect(try Built(linear, on: f32(2, 4)).initializers == ["weight": weight, "bias": bias])
    let convolution = Conv2d(4, 3, kernel: 2, weightInitializer: weight, biasInitializer: bias)
    #expect(try Built(convolution, on: f32(2, 4, 5, 5)).initializers == ["weight": weight, "bias": bias])
    let table = Embedding(9, 4, initializer: weight)
    #expect(try Built(table, on: TensorType(.int64, [2])).initializers == ["weight": weight])
  }

  @Test("What does not fit is refused with the layer's name and both shapes")
  func refusals() {
    func message(_ layer: any Layer, _ type: TensorType) -> String {
      #expect(throws: GraphError.self) { try Built(layer, on: type) }?.description ?? ""
    }
    let features = message(Linear(5, 7), f32(3, 4, 6))
    #expect(features == "layer layer: linear expects 5 input features (weight (7, 5)), found x (3, 4, 6)")
    #expect(message(LayerNorm(5), f32(3, 4, 6)).contains("layer_norm of x (3, 4, 6) expects f32(6)"))
    #expect(message(LSTM(5, 6), f32(3, 4, 7)).contains("lstm of x (3, 4, 7)"))
    #expect(message(LSTM(5, 6), f32(3, 4, 7)).contains("f32(24, 5)"))
    #expect(message(MultiheadSelfAttention(8, heads: 3), f32(3, 4, 8)).contains("multiple of 3 heads"))
    #expect(message(ConvTranspose2d(3, 5, kernel: 2), f32(2, 4, 5, 5)).contains("(3, 5, 2, 2)), found x (2, 4, 5, 5)"))
    #expect(message(Embedding(0, 4), TensorType(.int64, [2])).contains("count must be at least 1"))
    #expect(message(Residual(Linear(4, 5)), f32(2, 4)).contains("add expects equal shapes"))
  }

  @Test("A residual branch and its shortcut are added; without a shortcut x itself")
  func residual() throws {
    let plain = try Built(Residual(Linear(4, 4)), on: f32(2, 4)).graph
    #expect(plain.nodes.map(\.operation) == [.linear(relu: false), .add])
    #expect(plain.nodes[1].inputs == [plain.nodes[0].outputs[0], plain.nodes[0].inputs[0]])
    let projected = try Built(
      Residual(Named("body", Linear(4, 5)), shortcut: Named("fit", Linear(4, 5))), on: f32(2, 4)
    ).graph
    #expect(projected.nodes.map(\.layer) == ["layer.body", "layer.fit", "layer"])
  }

  @Test("Between LSTM layers states are dropped in training, before the first and after the last not")
  func recurrentDropout() throws {
    let graph = try Built(LSTM(3, 4, layers: 3, dropout: 0.5), on: f32(2, 5, 3)).graph
    let names = graph.nodes.map(\.operation.name)
    #expect(names.count == 5 && names.filter { $0 == "lstm" }.count == 3)
    #expect(names.first == "lstm" && names.last == "lstm")
    let inference = try Built(LSTM(3, 4, layers: 3, dropout: 0.5), on: f32(2, 5, 3), isTraining: false).graph
    #expect(inference.nodes.allSatisfy { $0.operation == .lstm })
  }
}
