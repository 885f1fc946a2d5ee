import BackendAPI
import BackendCPU
import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Training steps agree with the reference")
struct TrainingConformanceTests {
  static let optimizers: [OptimizerKind] = [
    .sgd(momentum: 0.9, weightDecay: 1e-3, nesterov: false),
    .adamW(beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01),
    .sgd(momentum: 0.9, weightDecay: 1e-3, nesterov: true),
    .adam(beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01),
  ]

  /// How far whole tensors may lie apart, relative to their length, after a chain of some ten operations.
  ///
  /// fp32: a hundred roundings. 16 bits: where fp32 sums differ in the last place a result may round to its neighbour;
  /// with every second element of every layer off by half a spacing, errors stay within four spacings.
  static func tolerance(_ format: DType) -> Double { format == .float32 ? 1e-5 : 4 * format.spacing }

  @Test("in loss, logits and every gradient", arguments: Network.all, formats)
  func gradients(_ network: Network, _ format: DType) throws {
    let graph = try network.gradients(format)
    let scaler = GradScaler(GradScaler.Settings(initialScale: 256))
    let reference = try Lane(graph, on: ReferenceBackend(), threads: 1, scaler: scaler)
    try reference.run(attempt: 2)
    for tested in BackendUnderTest.all {
      let lane = try Lane(graph, on: tested.backend, threads: tested.threads, scaler: scaler)
      let outcome = try lane.run(attempt: 2)
      #expect(outcome.skip == nil)
      #expect(outcome.scale == 256)
      for name in graph.outputs.keys.sorted() {
        let distance = try relativeDistance(lane.output(name), reference.output(name))
        #expect(distance <= Self.tolerance(format), "\(tested.testDescription), \(name): \(distance)")
      }
    }
  }

  @Test("over five commits", arguments: Network.all, formats)
  func commits(_ network: Network, _ format: DType) throws {
    for optimizer in Self.optimizers {
      try compareFiveSteps(network.trainingStep(format, optimizer), optimizer, tolerance: Self.tolerance(format))
    }
  }

  /// Modes that cast the model as a whole, with what their optimizer needs to survive.
  static let wholeModels: [(name: String, rules: FormatRules)] = [
    ("o2", FormatRules(compute: .float16, style: .wholeModel)),
    (
      "fp16",
      FormatRules(compute: .float16, style: .wholeModel, storage: .float16, keepsBatchNormFloat32: false)
    ),
    (
      "bf16",
      FormatRules(compute: .bfloat16, style: .wholeModel, storage: .bfloat16, keepsBatchNormFloat32: false)
    ),
    (
      "fp16 with the head and norms in fp32",
      FormatRules(compute: .float16, style: .wholeModel, storage: .float16, keepFloat32: ["batch_norm", "linear"])
    ),
  ]

  @Test("over five commits of a model that is 16 bits as a whole", arguments: Network.all, wholeModels.indices)
  func wholeModelCommits(_ network: Network, _ index: Int) throws {
    let (name, rules) = Self.wholeModels[index]
    // The pattern of the last mode fits networks that have both operations.
    guard rules.keepFloat32.isEmpty || network.testDescription == "convolutional" else { return }
    let format = try #require(rules.compute)
    // An eps that fp16 can hold: without it updates divide by second moments that are 0, and blow up differences.
    for optimizer in [
      Self.optimizers[0], .adamW(beta1: 0.9, beta2: 0.99, eps: 1e-3, weightDecay: 0.01),
    ] {
      // Stored states are rounded at every step: one more spacing each.
      try compareFiveSteps(
        network.trainingStep(rules, optimizer), optimizer, tolerance: 2 * Self.tolerance(format), name)
    }
  }

  private func compareFiveSteps(
    _ graph: Graph, _ optimizer: OptimizerKind, tolerance: Double, _ mode: String = ""
  ) throws {
    let (reference, expected) = try fiveSteps(graph, ReferenceBackend(), 1, optimizer)
    for tested in BackendUnderTest.all {
      let (lane, found) = try fiveSteps(graph, tested.backend, tested.threads, optimizer)
      let title = "\(tested.testDescription), \(optimizer.name) \(mode)"
      for (attempt, (found, expected)) in zip(found, expected).enumerated() {
        #expect(found.skip == nil && expected.skip == nil, "\(title), attempt \(attempt)")
        #expect(found.scale == expected.scale, "\(title), attempt \(attempt)")
        #expect(
          abs(Double(found.loss) - Double(expected.loss)) <= tolerance * Double(expected.loss),
          "\(title), attempt \(attempt): loss \(found.loss), reference \(expected.loss)")
        #expect(
          abs(found.gradNorm - expected.gradNorm) <= 4 * tolerance * expected.gradNorm,
          "\(title), attempt \(attempt): norm \(found.gradNorm), reference \(expected.gradNorm)")
      }
      #expect(lane.state.control.committedSteps == 5)
      #expect(lane.state.control.scaler == reference.state.control.scaler)
      for entry in lane.state.layout.entries {
        let distance = try relativeDistance(lane.state.floats(entry.name), reference.state.floats(entry.name))
        // Errors of gradients add up over the steps; second moments square them.
        #expect(distance <= 8 * tolerance, "\(title), \(entry.name): \(distance)")
      }
    }
  }

  /// Five attempts with a scale that grows on the way and a learning rate that changes.
  private func fiveSteps(
    _ graph: Graph, _ backend: any Backend, _ threads: Int, _ optimizer: OptimizerKind
  ) throws -> (Lane, [StepOutcome]) {
    let scaler = GradScaler(GradScaler.Settings(initialScale: 128, growthInterval: 2))
    let lane = try Lane(graph, on: backend, threads: threads, optimizer: optimizer, scaler: scaler)
    let outcomes = try (0..<5).map { attempt in
      try lane.run(attempt: UInt64(attempt), learningRate: Float(0.002) / Float(attempt + 1))
    }
    return (lane, outcomes)
  }

  @Test(
    "where numbers are so large that only looking at them tells the update to be finite",
    arguments: BackendUnderTest.all)
  func largeStates(_ tested: BackendUnderTest) throws {
    let optimizer = Self.optimizers[1]
    let graph = try Network.perceptron.trainingStep(.float32, optimizer)
    let lanes = try [tested.backend, ReferenceBackend()].map {
      try Lane(graph, on: $0, threads: tested.threads, optimizer: optimizer)
    }
    for lane in lanes {
      // The step is 1e31 / √1e37; a bound that knows only 1e31 and eps would be 1e40.
      try lane.state.write(StateLayout.optimizerEntry("exp_avg", of: "head.bias"), [1e31, 1e31, 1e31])
      try lane.state.write(StateLayout.optimizerEntry("exp_avg_sq", of: "head.bias"), [1e37, 1e37, 1e37])
      #expect(try lane.run(learningRate: 1).skip == nil)
    }
    let distance = try relativeDistance(lanes[0].state.floats("head.bias"), lanes[1].state.floats("head.bias"))
    #expect(distance <= Self.tolerance(.float32))
  }

  @Test("in evaluation, which changes nothing", arguments: Network.all, formats)
  func evaluation(_ network: Network, _ format: DType) throws {
    let graph = try network.evaluation(format)
    let reference = try Lane(graph, on: ReferenceBackend(), threads: 1)
    let expected = try reference.run(attempt: 1)
    for tested in BackendUnderTest.all {
      let lane = try Lane(graph, on: tested.backend, threads: tested.threads)
      let (bits, control) = (try lane.bits(), lane.state.control)
      let found = try lane.run(attempt: 1)
      #expect(found.skip == nil)
      #expect(abs(found.loss - expected.loss) <= Float(Self.tolerance(format)) * expected.loss)
      let distance = try relativeDistance(lane.output("logits"), reference.output("logits"))
      #expect(distance <= Self.tolerance(format), "\(tested.testDescription): \(distance)")
      #expect(try lane.bits() == bits)
      #expect(lane.state.control == control)
    }
  }

  @Test("bit for bit with themselves", arguments: BackendUnderTest.all, formats)
  func determinism(_ tested: BackendUnderTest, _ format: DType) throws {
    let optimizer = Self.optimizers[1]
    let graph = try Network.convolutional.trainingStep(format, optimizer)
    let lanes = try (0..<2).map { _ in
      try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer)
    }
    for attempt in 0..<3 { for lane in lanes { try lane.run(attempt: UInt64(attempt)) } }
    #expect(try lanes[0].bits() == lanes[1].bits())
  }

  @Test(
    "and a 16-bit copy that the commit writes is the rounding of the parameter", arguments: BackendUnderTest.all,
    [
      DType.float16, .bfloat16,
    ])
  func copies(_ tested: BackendUnderTest, _ format: DType) throws {
    let optimizer = Self.optimizers[0]
    var graph = try Network.perceptron.trainingStep(format, optimizer)
    var copied: [String] = []
    for value in graph.values {
      guard case .lowPrecisionCopy(let name) = value.origin else { continue }
      graph.setOutput(name, value.id)
      copied.append(name)
    }
    #expect(copied.count == 6)
    let lane = try Lane(graph, on: tested.backend, threads: tested.threads, optimizer: optimizer)
    try lane.run()
    for name in copied {
      let expected = try lane.state.floats(name).map { Float(format.rounded(Double($0))) }
      #expect(try lane.output(name) == expected, "\(name)")
    }
  }
}
