import BackendAPI
import BackendCPU
import Datasets
import GraphCompiler
import GraphIR
import SafetensorsFormat
import TensorCore
import Testing
import Training
import TrainingEvents

@Suite("First-step gradients against PyTorch")
struct GradientParityTests {
  static let cases: [ParityCase] = ParityCase.all.filter {
    // Gradients of a step depend on neither optimizer nor overflow.
    $0.optimizer == "sgd" && $0.mode != "amp-fp16-overflow"
  }

  @Test("Every gradient stays within its tolerance", arguments: cases)
  func gradients(_ parity: ParityCase) throws {
    let fixture = try ReferenceGradients(model: parity.model)
    let mode = try #require(fixture.modes[parity.mode])
    let precision = try #require(Precision(mode: parity.mode))
    let batches = try ReplayedBatches(
      path: ReferenceFixtures.path(fixture.batchesFile), task: fixture.model.task, tableSizes: fixture.model.tableSizes)
    let graph = try trainingStepWithNamedGradients(
      fixture.model.model(batches), batchSize: batches.batchSize, precision: precision)
    let run = try GraphRun(
      graph, backend: CPUBackend(allowNativeBF16: parity.allowNativeBF16), optimizer: stillOptimizer,
      threads: parity.threads)
    try run.state.loadWeights(from: ReferenceFixtures.tensors(fixture.initFile))
    // Only the scale is of interest, not how it moves on.
    run.state.control.scaler = GradScaler(GradScaler.Settings(initialScale: mode.scale))

    let outcome = try run.step(batches, attempt: 0)

    #expect(outcome.skip == nil)
    let file = try ReferenceFixtures.tensors(mode.file)
    var shares: [Double] = []
    for (name, rule) in mode.tensors {
      let expected = try file.floats(name).map(Double.init)
      let scaled = try run.executable.read("gradient of \(name)", from: run.state)
      try #require(scaled.count == expected.count)
      let differences = zip(scaled, expected).map { Double($0) / Double(mode.scale) - $1 }
      let distance = (mode.norm == "maximum" ? maximumNorm(differences) : euclideanNorm(differences)) / rule.norm
      if ParityReport.isWanted {
        ParityReport.line("gradient \(parity.testDescription) \(name): \(distance) of \(rule.tolerance)")
      }
      #expect(distance <= rule.tolerance, "\(name)")
      shares.append(distance / rule.distanceOfFp64)
    }
    // A deep network's tolerances may let a run pass that rounds nothing. Such a run, and one that rounds elsewhere, lies
    // about as far from the reference as the exact gradient; ours must lie much nearer in the median tensor.
    if precision != .fp32 { #expect(shares.sorted()[shares.count / 2] < 0.5, "\(shares)") }
  }

  private let stillOptimizer = OptimizerKind.sgd(momentum: 0, weightDecay: 0, nesterov: false)

  /// The passes of a training step, with every parameter's gradient kept as an output.
  private func trainingStepWithNamedGradients(
    _ model: Model, batchSize: Int, precision: Precision
  ) throws -> Graph {
    let forward = try model.trainingGraph(batchSize: batchSize)
    let cast = try fuseActivations(autocast(forward, to: precision.computeFormat?.dtype))
    var joint = try differentiate(cast)
    for (parameter, gradient) in joint.gradients { joint.graph.setOutput("gradient of \(parameter)", gradient) }
    let committed = try keepLowPrecisionCopies(appendCommit(UnscaledGradients(joint), optimizer: stillOptimizer))
    return try schedule(removeDeadNodes(foldWideningCasts(committed)))
  }
}
