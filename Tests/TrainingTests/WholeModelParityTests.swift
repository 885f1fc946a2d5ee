import BackendAPI
import BackendCPU
import Datasets
import Testing
import Training
import TrainingEvents

/// A run of ours beside a recorded one: `distances` are shares of the tolerance, a value a step.
private struct ComparedRun {
  var results: [StepResult]
  var lossDistances: [Double]
  var normDistances: [Double]
  /// The largest relative difference of a loss.
  var worstDistance: Double
}

@Suite("Models that are 16 bits as a whole against PyTorch")
struct WholeModelParityTests {
  /// A way to run that is not the recorded mode; every one changes formats or roundings in one place.
  struct Impostor: Sendable, CustomTestStringConvertible {
    var recorded: String
    var policy: PrecisionPolicy
    var model: String

    init(_ recorded: String, _ model: String, _ precision: Precision, _ overrides: PrecisionOverrides = .init()) {
      self.recorded = recorded
      self.model = model
      policy = PrecisionPolicy(precision, overrides: overrides)
    }

    var testDescription: String { "\(policy) as \(recorded), \(model)" }
  }

  @Test("Losses and norms of gradients stay within the tolerance of their step", arguments: ParityCase.wholeModel)
  func trajectories(_ parity: ParityCase) throws {
    let precision = try #require(Precision(mode: parity.mode))
    let run = try compare(parity, PrecisionPolicy(precision))
    if ParityReport.isWanted {
      ParityReport.line(
        "whole model \(parity.testDescription): \(run.worstDistance), share of tolerance "
          + "\(run.lossDistances.max() ?? 0), of norms \(run.normDistances.max() ?? 0)")
    }
    #expect(run.lossDistances.allSatisfy { $0 <= 1 }, "losses, in tolerances: \(run.lossDistances)")
    #expect(run.normDistances.allSatisfy { $0 <= 1 }, "norms, in tolerances: \(run.normDistances)")
    let mode = try #require(try fixture(parity).modes[parity.mode])
    if let scales = mode.scales, let foundInf = mode.foundInf {
      #expect(run.results.map { $0.outcome.scale.map(Double.init) } == scales)
      #expect(run.results.map { $0.outcome.skip != nil } == foundInf)
      #expect(run.results.allSatisfy { $0.outcome.skip == nil || $0.outcome.skip == .gradient })
    } else {
      #expect(run.results.allSatisfy { $0.isCommitted })
    }
  }

  /// Runs under AdamW, which moves every weight by about the same step.
  ///
  /// 16 bits cannot hold that step, so the modes part at once. All lie at twice the tolerance or more.
  static let impostors = [
    Impostor("bf16", "mlp", .ampBF16),
    Impostor("bf16", "cnn", .ampBF16),
    Impostor("bf16", "ncf-bce", .ampBF16),
    Impostor("bf16", "mlp", .bf16, .init(masterWeights: true)),
    Impostor("bf16", "mlp", .bf16, .init(stochasticRounding: true)),
    Impostor("bf16", "ncf-bce", .bf16, .init(stochasticRounding: true)),
    Impostor("bf16", "cnn", .bf16, .init(keepBatchNormFP32: true)),
    Impostor("fp16", "mlp", .fp16, .init(masterWeights: true)),
    Impostor("fp16", "lstm", .ampFP16),
    Impostor("fp16", "gpt", .bf16),
    Impostor("o2", "mlp", .o2, .init(masterWeights: false)),
    Impostor("o2", "lstm", .o2, .init(masterWeights: false)),
  ]

  @Test("Another mode, or weights that are rounded otherwise, do not pass", arguments: impostors)
  func discrimination(_ impostor: Impostor) throws {
    let parity = ParityCase(model: impostor.model, optimizer: "adamw", mode: impostor.recorded, threads: 1)
    let run = try compare(parity, impostor.policy)
    #expect((run.lossDistances + run.normDistances).contains { $0 > 1 }, "\(run.lossDistances)")
  }

  private func fixture(_ parity: ParityCase) throws -> ReferenceTrajectories {
    try ReferenceTrajectories(model: parity.model, optimizer: parity.optimizer, mode: parity.mode)
  }

  /// Trains as a policy says, from the recorded weights on the recorded batches.
  private func compare(_ parity: ParityCase, _ policy: PrecisionPolicy) throws -> ComparedRun {
    let fixture = try fixture(parity)
    let mode = try #require(fixture.modes[parity.mode])
    let batches = try ReplayedBatches(
      path: ReferenceFixtures.path(fixture.batchesFile), task: fixture.model.task, tableSizes: fixture.model.tableSizes)
    let trainer = try Trainer(
      Trainer.Configuration(
        model: fixture.model.model(batches), batches: batches, optimizer: fixture.optimizer.optimizer,
        scaler: mode.scaler.map { .dynamic($0.settings) } ?? .static(1), threads: parity.threads),
      precision: policy.mode, overrides: policy.overrides, backend: CPUBackend(allowNativeBF16: parity.allowNativeBF16))
    try trainer.loadWeights(from: ReferenceFixtures.tensors(fixture.initFile))

    let results = try mode.referenceLosses.map { _ in try trainer.step() }

    let distances = zip(results, mode.referenceLosses).map { abs($0.loss - $1) / abs($1) }
    let norms = try #require(mode.gradientNorms)
    let normDistances = zip(results, norms).map { result, norm in
      norm.map { abs(result.outcome.gradNorm - $0) / $0 } ?? 0
    }
    return try ComparedRun(
      results: results, lossDistances: zip(distances, #require(mode.tolerances)).map { $0 / $1 },
      normDistances: zip(normDistances, #require(mode.gradientNormTolerances)).map { $0 / $1 },
      worstDistance: #require(distances.max()))
  }
}
