import BackendAPI
import BackendCPU
import Datasets
import Testing
import Training
import TrainingEvents

/// One recorded run, and how we repeat it.
struct ParityCase: Sendable, CustomTestStringConvertible {
  var model: String
  var optimizer: String
  var mode: String
  var threads: Int
  var allowNativeBF16 = true

  var testDescription: String {
    "\(model) \(optimizer) \(mode), threads \(threads)\(allowNativeBF16 ? "" : ", storage-only")"
  }

  static let all = cases(["fp32", "amp-bf16", "amp-fp16", "amp-fp16-overflow"])
  static let wholeModel = cases(ReferenceFixtures.wholeModelModes)

  private static func cases(_ modes: [String]) -> [ParityCase] {
    ReferenceFixtures.models.flatMap { model in
      ReferenceFixtures.optimizers.flatMap { optimizer in
        modes.flatMap { mode in
          [1, 2].flatMap { threads in
            // bf16 both ways: by the processor's own products where it has them, and stored only.
            (mode.hasSuffix("bf16") ? [true, false] : [true]).map {
              ParityCase(model: model, optimizer: optimizer, mode: mode, threads: threads, allowNativeBF16: $0)
            }
          }
        }
      }
    }
  }
}

@Suite("Losses of twenty steps against PyTorch")
struct LossParityTests {
  @Test("Losses stay within the tolerance that PyTorch's own arithmetic needs", arguments: ParityCase.all)
  func losses(_ parity: ParityCase) throws {
    let fixture = try ReferenceTrajectories(
      model: parity.model, optimizer: parity.optimizer, mode: parity.mode)
    let mode = try #require(fixture.modes[parity.mode])
    let precision = try #require(Precision(mode: parity.mode))
    let batches = try ReplayedBatches(
      path: ReferenceFixtures.path(fixture.batchesFile), task: fixture.model.task, tableSizes: fixture.model.tableSizes)
    let trainer = try Trainer(
      Trainer.Configuration(
        model: fixture.model.model(batches), batches: batches, optimizer: fixture.optimizer.optimizer,
        scaler: mode.scaler.map { .automatic($0.settings) } ?? .off, threads: parity.threads),
      precision: precision, backend: CPUBackend(allowNativeBF16: parity.allowNativeBF16))
    try trainer.loadWeights(from: ReferenceFixtures.tensors(fixture.initFile))

    let results = try mode.referenceLosses.map { _ in try trainer.step() }

    let distances = zip(results, mode.referenceLosses).map { abs($0.loss - $1) / abs($1) }
    let worst = try #require(distances.max())
    if ParityReport.isWanted { ParityReport.line("loss \(parity.testDescription): \(worst) of \(mode.tolerance)") }
    #expect(worst <= mode.tolerance, "distances by step: \(distances)")
    if let scales = mode.scales, let foundInf = mode.foundInf {
      #expect(results.map { $0.outcome.scale.map(Double.init) } == scales)
      #expect(results.map { $0.outcome.skip != nil } == foundInf)
      #expect(results.allSatisfy { $0.outcome.skip == nil || $0.outcome.skip == .gradient })
    } else {
      #expect(results.allSatisfy { $0.isCommitted })
    }
  }
}
