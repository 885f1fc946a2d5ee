import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Loss scaler")
struct GradScalerTests {
  @Test(
    "A scale whose reciprocal is not finite skips the step and touches no weight", arguments: [0, 0x1p-128 as Float])
  func refusesUselessScale(_ scale: Float) throws {
    let trainer = try Trainer(.small(), precision: .ampFP16, backend: CPUBackend())
    _ = try trainer.step()
    trainer.state.control.scaler?.scale = scale
    let before = try trainer.state.bits

    let result = try trainer.step()

    #expect(result.outcome.skip == .gradient)
    #expect(try trainer.state.bits == before)
    #expect(trainer.state.control.scaler?.scale == scale * 0.5)
  }

  @Test("The smallest scale with a finite reciprocal commits finite weights")
  func acceptsSmallestScale() throws {
    let trainer = try Trainer(.small(), precision: .ampFP16, backend: CPUBackend())
    trainer.state.control.scaler?.scale = 0x1p-127
    let result = try trainer.step()
    #expect(result.isCommitted)
    #expect(try trainer.state.isFinite)
  }

  @Test("The reciprocal is taken in fp64 and rounded once")
  func reciprocal() {
    var scaler = GradScaler(GradScaler.Settings(initialScale: 300))
    #expect(scaler.inverseScale == Float(1.0 / 300.0))
    scaler.scale = 0
    #expect(scaler.inverseScale == .infinity)
  }

  @Test("Policies scale the modes that they name")
  func policies() {
    let settings = GradScaler.Settings(initialScale: 8)
    #expect(ScalerPolicy.automatic(settings).scaler(for: .fp32) == nil)
    #expect(ScalerPolicy.automatic(settings).scaler(for: .ampBF16) == nil)
    #expect(ScalerPolicy.automatic(settings).scaler(for: .ampFP16)?.scale == 8)
    #expect(ScalerPolicy.dynamic(settings).scaler(for: .fp32) == nil)
    #expect(ScalerPolicy.dynamic(settings).scaler(for: .ampBF16)?.scale == 8)
    #expect(ScalerPolicy.static(4).scaler(for: .fp32) == nil)
    #expect(ScalerPolicy.static(4).scaler(for: .ampBF16) == GradScaler(.constant(4)))
    #expect(ScalerPolicy.off.scaler(for: .ampFP16) == nil)
    #expect(ScalerPolicy.growthInterval(steps: nil) == 100)
    #expect(ScalerPolicy.growthInterval(steps: 400) == 50)
    #expect(ScalerPolicy.growthInterval(steps: 40_000) == 2000)
  }
}
