import BackendAPI
import BackendCPU
import Datasets
import SafetensorsFormat
import Testing
import Training
import TrainingEvents

@Suite("Accumulated gradients against PyTorch")
struct AccumulationParityTests {
  /// Steps that each accumulate several batches.
  private struct Fixture: Decodable {
    var model: ReferenceModel
    var optimizer: ReferenceOptimizer
    var steps: Int
    var accumulation: Int
    var initFile: String
    var batchesFile: String
    /// Losses are of batches, not of steps.
    var modes: [String: ReferenceTrajectories.Mode]
  }

  @Test(
    "A step's loss is the mean of its batches' losses, and its scale and its overflows are torch's",
    arguments: ["mlp-accumulation", "mlp-accumulation-overflow"], [1, 2])
  func trajectories(_ name: String, threads: Int) throws {
    let fixture = try ReferenceFixtures.decode(Fixture.self, "\(name).json")
    let batches = try ReplayedBatches(path: ReferenceFixtures.path(fixture.batchesFile), task: fixture.model.task)
    #expect(batches.steps == fixture.steps * fixture.accumulation)
    for (modeName, mode) in fixture.modes {
      let precision = try #require(Precision(mode: modeName))
      let configuration = try Trainer.Configuration(
        model: fixture.model.model(batches), batches: batches, optimizer: fixture.optimizer.optimizer,
        gradientAccumulation: fixture.accumulation, scaler: mode.scaler.map { .automatic($0.settings) } ?? .off,
        threads: threads)
      let trainer = try Trainer(configuration, precision: precision, backend: CPUBackend())
      try trainer.loadWeights(from: ReferenceFixtures.tensors(fixture.initFile))
      #expect(configuration.attemptLimit == fixture.steps)

      let results = try (0..<fixture.steps).map { _ in try trainer.step() }

      for (step, result) in results.enumerated() {
        let losses = mode.referenceLosses[(step * fixture.accumulation)...].prefix(fixture.accumulation)
        let mean = losses.reduce(0, +) / Double(losses.count)
        // A mean lies as near as the worst of its batches.
        #expect(abs(result.loss - mean) <= mode.tolerance * mean, "\(name) \(modeName), step \(step)")
      }
      if let scales = mode.scales, let foundInf = mode.foundInf {
        #expect(results.map { $0.outcome.scale.map(Double.init) } == scales, "\(name) \(modeName)")
        #expect(results.map { $0.outcome.skip == .gradient } == foundInf, "\(name) \(modeName)")
        #expect(results.allSatisfy { $0.outcome.skip == nil || $0.outcome.skip == .gradient })
      } else {
        #expect(results.allSatisfy { $0.isCommitted }, "\(name) \(modeName)")
      }
    }
  }

  @Test("Four batches of eight train an MLP as one of 32 does", arguments: ["mlp", "gelu-mlp"], [1, 2])
  func joined(_ model: String, threads: Int) throws {
    let fixture = try ReferenceTrajectories(model: model, optimizer: "sgd")
    let folder = try TemporaryFolder()
    let small = try ReferenceFixtures.tensors(fixture.batchesFile)
    let shape = try small.tensor("x").shape
    // The same numbers in the same order.
    var writer = SafetensorsWriter(path: folder.path("batches.safetensors"))
    try writer.add("x", shape: [shape[0] / 4, shape[1] * 4] + shape[2...], floats: small.floats("x"))
    try writer.add("y", shape: [shape[0] / 4, shape[1] * 4], int64s: small.int64s("y"))
    try writer.write()
    let trainers = try [(small.path, 4), (folder.path("batches.safetensors"), 1)].map { path, accumulation in
      let batches = try ReplayedBatches(path: path, task: fixture.model.task)
      let trainer = try Trainer(
        Trainer.Configuration(
          model: fixture.model.model(batches), batches: batches, optimizer: fixture.optimizer.optimizer,
          gradientAccumulation: accumulation, scaler: .off, threads: threads),
        precision: .fp32, backend: CPUBackend())
      try trainer.loadWeights(from: ReferenceFixtures.tensors(fixture.initFile))
      return trainer
    }
    // Gradients are sums of 32 products, in another order: a relative 32 · 2^-24, most of which averages out. Five steps
    // of a rate of 0.05 with momentum carry less than that into losses and weights.
    let tolerance = 32 * 0x1p-24
    for _ in 0..<5 {
      let results = try trainers.map { try $0.step() }
      #expect(abs(results[0].loss - results[1].loss) <= tolerance * results[1].loss)
      #expect(abs(results[0].outcome.gradNorm - results[1].outcome.gradNorm) <= tolerance * results[1].outcome.gradNorm)
    }
    for entry in trainers[0].state.layout.entries where entry.kind == .parameter {
      let (a, b) = (try trainers[0].state.floats(entry.name), try trainers[1].state.floats(entry.name))
      let distance = maximumNorm(zip(a, b).map { Double($0) - Double($1) })
      #expect(distance <= tolerance * maximumNorm(b.map(Double.init)), "\(entry.name)")
    }
  }
}
