import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

/// The lessons of Micikevicius and others, "Mixed Precision Training" (ICLR 2018), each on a network of a few numbers.
@Suite("The lessons of the mixed-precision paper")
struct MixedPrecisionTrainingPaperTests {
  // §3.2: gradients of the weights are about 2^-29, and fp16's smallest number is 2^-24.
  @Test("Gradients that die in fp16 leave the network as it was; with loss scaling it learns as in fp32")
  func lossScaling() throws {
    let steps = 60
    func run(_ precision: Precision, _ scaler: ScalerPolicy) throws -> (first: Double, last: Double, trainer: Trainer) {
      let trainer = try Trainer(.dyingGradients(scaler), precision: precision, backend: CPUBackend())
      let losses = try (0..<steps).map { _ in try trainer.step().loss }
      return (losses[0], losses[steps - 1], trainer)
    }
    let full = try run(.fp32, .off)
    #expect(full.last < 0.05 * full.first)

    let unscaled = try run(.ampFP16, .off)
    let start = try Trainer(.dyingGradients(.off), precision: .ampFP16, backend: CPUBackend())
    #expect(unscaled.last == unscaled.first)
    #expect(try unscaled.trainer.state.bits == start.state.bits)

    let scaled = try run(.ampFP16, .static(0x1p14))
    #expect(abs(scaled.last - full.last) < 0.02 * full.first)
  }

  // §3.1: an update is lost where the weight is at least 2^11 (fp16) or 2^8 (bf16) times as large, half a unit in the last
  // place; rounding to nearest even then gives the weight back.
  @Test(
    "Updates that vanish without fp32 masters survive with them",
    arguments: [(Precision.fp16, Precision.o2), (.bf16, .ampBF16)])
  func masterWeights(pure: Precision, mixed: Precision) throws {
    func survival(_ precision: Precision) throws -> (share: Double, moved: Bool) {
      let trainer = try Trainer(.slowWeights(learningRate: 0x1p-6), precision: precision, backend: CPUBackend())
      let before = try trainer.state.bits["weight"]
      var share = 0.0
      for _ in 0..<8 {
        let result = try trainer.step(inspection: .complete)
        let weight = try #require(trainer.watchedTensors.firstIndex { $0.name == "weight" && $0.role == .weight })
        let reading = try #require(result.outcome.readings.first { $0.tensor == weight })
        share = Double(try #require(reading.changed)) / Double(trainer.watchedTensors[weight].count)
      }
      return (share, try trainer.state.bits["weight"] != before)
    }
    let without = try survival(pure)
    #expect(without.share == 0 && !without.moved)
    let with = try survival(mixed)
    #expect(with.share == 1 && with.moved)
  }

  @Test("Stochastic rounding lets vanishing updates arrive on average")
  func stochasticRounding() throws {
    let configuration = Trainer.Configuration.slowWeights(learningRate: 0x1p-6)
    let trainer = try Trainer(
      configuration, precision: .bf16, overrides: PrecisionOverrides(stochasticRounding: true), backend: CPUBackend())
    let start = try trainer.state.floats("weight")
    let steps = 64
    for _ in 0..<steps { _ = try trainer.step() }
    let moved = zip(try trainer.state.floats("weight"), start).map { Double($0) - Double($1) }
    let mean = moved.reduce(0, +) / Double(moved.count)
    // A step should move a weight by 2^-6 · 2^-8 = 2^-14, which is a 64th of the distance 2^-8 to the next bf16 number:
    // after 64 steps each has moved once on average, and the mean over 256 weights deviates by a 16th of that. Four
    // deviations, and 1 % because the gradient falls a little as the weights do.
    #expect(abs(mean + 0x1p-8) < 0x1p-8 * (4.0 / 16 + 0.01))
    // The same run draws the same bits.
    let again = try Trainer(
      configuration, precision: .bf16, overrides: PrecisionOverrides(stochasticRounding: true), backend: CPUBackend())
    for _ in 0..<steps { _ = try again.step() }
    #expect(try again.state.bits == trainer.state.bits)
  }
}
