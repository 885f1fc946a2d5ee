import BackendAPI
import BackendCPU
import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Unscaled gradients")
struct UnscaledGradientsTests {
  /// The verdict on gradients of a loss scaled by `scale`, after clippings.
  private func verdict(
    _ gradients: [[Double]], scale: Double = 1, _ clippings: [GradientClipping] = []
  ) throws -> [Double] {
    var graph = Graph()
    var feed = ReferenceInterpreter.Feed(inputs: [:], state: [:], lossScale: scale)
    var operands: [ValueID] = []
    for (index, gradient) in gradients.enumerated() {
      let name = "gradient \(index)"
      operands.append(graph.addValue(f32(gradient.count), origin: .input(name), label: name))
      feed.inputs[name] = gradient
    }
    var verdict = try graph.addNode(.unscale, operands, layer: "", phase: .optimizer)[0]
    for clipping in clippings {
      verdict = try graph.addNode(.clip(clipping), [verdict], layer: "", phase: .optimizer)[0]
    }
    try graph.verify()
    return try ReferenceInterpreter(graph, rounding: .eachNode).run(feed)[verdict.index].elements
  }

  @Test("have a norm and a largest magnitude over all of them, in the measure of the true loss")
  func numbers() throws {
    #expect(try verdict([[3, 0], [-4]]) == [0, 5, 4, 1, 1, .infinity])
    #expect(try verdict([[3 * 1024, 0], [-4 * 1024]], scale: 1024) == [0, 5, 4, 0x1p-10, 1, .infinity])
  }

  @Test("are found non-finite", arguments: [Double.infinity, -.infinity, .nan])
  func nonFinite(_ element: Double) throws {
    let verdict = try verdict([[1, 2], [0, element]])
    #expect(verdict[GradientVerdict.foundInf] == 1)
    #expect(!verdict[GradientVerdict.norm].isFinite)
  }

  @Test("are not finite where the reciprocal of the scale is not, as fp32 keeps it")
  func reciprocal() throws {
    #expect(try verdict([[1]], scale: 0x1p-127)[GradientVerdict.foundInf] == 0)
    #expect(try verdict([[1]], scale: 0x1p-128)[GradientVerdict.foundInf] == 1)
    #expect(try verdict([[1]], scale: 0)[GradientVerdict.foundInf] == 1)
  }

  @Test("are clipped by what the verdict says; norm and largest magnitude stay those before")
  func clipping() throws {
    let half = DType.float32.rounded(2.5 / (5 + 1e-6))
    #expect(try verdict([[3], [-4]], [.norm(2.5)]) == [0, 5, 4, 1, half, .infinity])
    #expect(try verdict([[3], [-4]], [.norm(6)]) == [0, 5, 4, 1, 1, .infinity])
    #expect(try verdict([[3], [-4]], [.value(2)]) == [0, 5, 4, 1, 1, 2])
    #expect(try verdict([[3], [-4]], [.norm(2.5), .value(2)]) == [0, 5, 4, 1, half, 2])
    #expect(try verdict([[3], [-4]], [.value(2), .value(3)])[GradientVerdict.clipValue] == 2)
    // The second clipping finds a norm of 2.5 and halves it again.
    let twice = try verdict([[3], [-4]], [.norm(2.5), .norm(1.25)])[GradientVerdict.clipFactor]
    #expect(abs(twice - 0.25) < 1e-6)
    #expect(try verdict([[3], [-4]], [.norm(2.5), .norm(3)])[GradientVerdict.clipFactor] == half)
  }

  @Test("refuse a limit that is not a positive number", arguments: [0, -1, Float.nan, .infinity])
  func badLimit(_ limit: Float) throws {
    let joint = try differentiate(perceptron())
    for clipping in [GradientClipping.norm(limit), .value(limit)] {
      var unscaled = try UnscaledGradients(joint)
      let error = #expect(throws: GraphError.self) { try unscaled.clip(clipping) }
      #expect(error?.code == .attribute)
      #expect(error?.message.contains(clipping.name) == true)
    }
  }

  @Test("refuse to be none")
  func none() throws {
    var joint = try differentiate(perceptron())
    joint.gradients = []
    let empty = joint
    let error = #expect(throws: GraphError.self) { try UnscaledGradients(empty) }
    #expect(error?.code == .dtype)
  }

  @Test("update weights unscaled and clipped: by norm first, then each element")
  func update() throws {
    var builder = GraphBuilder(isTraining: true)
    _ = try builder.parameter("w", [2], .constant(0))
    let gradient = builder.input("gradient", f32(2))
    builder.output("loss", builder.input("loss", f32()))
    var joint = try differentiate(perceptron())
    (joint.graph, joint.gradients) = (builder.graph, [("w", gradient)])
    var unscaled = try UnscaledGradients(joint)
    try unscaled.clip(.norm(2.5))
    try unscaled.clip(.value(1.75))
    let optimizer = OptimizerKind.sgd(momentum: 0, weightDecay: 0, nesterov: false)
    let step = try appendCommit(unscaled, optimizer: optimizer)
    let interpreter = ReferenceInterpreter(step, rounding: .exact)
    let state = ["w": [10.0, 10], StateLayout.optimizerEntry("momentum_buffer", of: "w"): [0.0, 0]]
    // Gradients 3 and -4 of the true loss: halved by their norm, then the second clamped to -1.75.
    let values = try interpreter.run(
      ReferenceInterpreter.Feed(inputs: ["loss": [1], "gradient": [24, -32]], state: state, lossScale: 8))
    let commit = try #require(step.node(named: "commit"))
    guard case .commit(let attributes) = commit.operation else { return }
    let result = try interpreter.commit(
      commit, attributes, values: values, state: state,
      control: StepControl(scaler: GradScaler(GradScaler.Settings(initialScale: 8))), learningRate: 1)
    #expect(result.skip == nil)
    #expect(result.gradNorm == 5, "the norm before clipping")
    let weights = try #require(result.state["w"])
    #expect(abs(weights[0] - 8.5) < 1e-5)
    #expect(weights[1] == 11.75)
  }
}
