public import BackendAPI
import GraphCompiler
import GraphIR
public import SafetensorsFormat
public import Training
public import TrainingEvents

extension LayerBisection {
  /// Share of the fp32 twin's loss that counts as no gap where nobody states a tolerance: 2 %.
  public static let relativeTolerance = 0.02

  /// Searches by training: every run starts from the same weights and takes the same batches.
  ///
  /// - Parameters:
  ///   - configuration: what to train and how; its scaler is the one of the runs.
  ///   - backend: the device.
  ///   - mode: the mode whose gap is closed.
  ///   - steps: attempts of every run; at least 4, for the last quarter's loss is compared.
  ///   - tolerance: largest gap that counts as closed, in units of the loss; nil for `relativeTolerance`.
  ///   - initialWeights: weights to start from, instead of drawn ones.
  ///   - suspects: layers to try first.
  ///   - shouldStop: asked between steps; true gives up.
  ///   - progress: told of every run.
  ///
  /// Throws `DoctorError` where fp32 itself does not train, the caller stopped, or the request makes no sense, and what
  /// `Trainer` throws. Every run compiles the mode once more.
  public init(
    training configuration: Trainer.Configuration, on backend: any Backend, mode: Precision, steps: Int,
    tolerance: Double? = nil, initialWeights: SafetensorsFile? = nil, suspects: [String] = [],
    shouldStop: () -> Bool = { false }, progress: (Run) -> Void = { _ in }
  ) throws {
    guard mode.computeFormat != nil else {
      throw DoctorError.request("\(mode.rawValue) computes in fp32: there is no gap to close; name a 16-bit mode")
    }
    guard steps >= 4 else {
      throw DoctorError.request("a loss gap is measured over the last quarter of 4 steps or more, found \(steps)")
    }
    if let limit = configuration.attemptLimit, limit < steps {
      throw DoctorError.request("the batches end after \(limit) attempts: ask for fewer steps than \(steps)")
    }
    let start = try Trainer(configuration, precision: .fp32, backend: backend)
    if let initialWeights { try start.loadWeights(from: initialWeights) }
    let first = try start.state.copy()
    let reference = try LayerBisection.loss(of: start, steps: steps, shouldStop)
    guard reference.isFinite else {
      throw DoctorError.diverged(
        "fp32 itself diverges within \(steps) attempts. No precision helps: lower the learning rate, or look at data "
          + "and weights")
    }
    let layers = try LayerBisection.candidates(
      in: configuration.model.trainingGraph(batchSize: 1), isStoredWide: PrecisionPolicy(mode).isLossless)
    let ordered = suspects.filter(layers.contains) + layers.filter { !suspects.contains($0) }
    try self.init(
      mode: mode, steps: steps, tolerance: tolerance ?? abs(reference) * LayerBisection.relativeTolerance,
      referenceLoss: reference, layers: ordered, progress: progress
    ) { kept in
      let overrides = PrecisionOverrides(keepFP32: layers.filter(kept.contains))
      let trainer = try Trainer(
        configuration, precision: mode, overrides: overrides, continuing: first.copy(), attempt: 0, backend: backend)
      return try LayerBisection.loss(of: trainer, steps: steps, shouldStop) - reference
    }
  }

  /// Mean loss of the last quarter of the attempts; infinite where one is not finite, or none of all was committed.
  private static func loss(of trainer: Trainer, steps: Int, _ shouldStop: () -> Bool) throws -> Double {
    var (sum, committed) = (0.0, 0)
    let counted = max(1, steps / 4)
    for attempt in 0..<steps {
      if shouldStop() { throw DoctorError.givenUp }
      let result = try trainer.step()
      if result.isCommitted { committed += 1 }
      if attempt >= steps - counted { sum += result.loss }
    }
    return committed > 0 && sum.isFinite ? sum / Double(counted) : .infinity
  }

  /// Names that single layers can be kept in fp32 by, in the order of the network.
  ///
  /// Layers whose operations are exact in every format are no candidates, nor are those that compute in fp32 in every
  /// mode, unless their parameters are stored in 16 bits.
  static func candidates(in graph: Graph, isStoredWide: Bool) -> [String] {
    var (names, seen): ([String], Set<String>) = ([], [])
    for node in graph.nodes where !node.operation.isExact {
      let isStored = !isStoredWide && node.inputs.contains { graph[$0].isParameter }
      guard isStored || AutocastPolicy(node.operation) != .float32 else { continue }
      if seen.insert(node.keepName).inserted { names.append(node.keepName) }
    }
    // A block stands for all that is inside: single layers come first.
    let isBlock = { (name: String) in names.contains { $0.hasPrefix(name + ".") } }
    return names.filter { !isBlock($0) } + names.filter(isBlock)
  }
}

extension Value {
  fileprivate var isParameter: Bool {
    if case .parameter = origin { true } else { false }
  }
}

extension Operation {
  /// Whether it only moves, picks or zeroes elements, so that its format changes no result.
  fileprivate var isExact: Bool {
    switch self {
    case .relu, .maxPool2d, .flatten, .toSequence, .reshape, .gather, .concat, .slice, .expand: true
    default: false
    }
  }
}
