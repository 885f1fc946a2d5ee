import BackendAPI
import Testing

@Suite("Measured scaler")
struct MeasuredScalerTests {
  @Test(
    "jumps after the first step to the largest power of two with gradient · scale · 16 below 65504",
    arguments: [
      (gradient: 1, scale: 0x1p11), (0.5, 0x1p12), (1e-4, 0x1p25), (0x1p-149, 0x1p126), (3.9, 0x1p10),
      // 4094 / 1 lies just below 2^12; a product that meets the limit is not below it.
      (4094 / 0x1p20, 0x1p19), ((4094 as Float / 0x1p20).nextDown, 0x1p20),
    ] as [(Float, Float)])
  func jumps(_ gradient: Float, _ scale: Float) {
    var scaler = GradScaler(.measured)
    #expect(scaler.stepsToGrowth == 1)
    scaler.update(foundInf: false, largestGradient: gradient)
    #expect(scaler.scale == scale)
    #expect(scaler.scale == 0x1p126 || gradient * scaler.scale < 65504 / 16)
    #expect(scaler.growthTracker == 0)
  }

  @Test("holds while gradients move within the band, and takes the largest of an interval when they shrink")
  func band() {
    var scaler = measured(gradient: 1)
    for step in 0..<1000 { scaler.update(foundInf: false, largestGradient: step % 3 == 0 ? 1.9 : 0.01) }
    #expect(scaler.scale == 0x1p11, "the largest of every interval still belongs here")
    for _ in 0..<300 { scaler.update(foundInf: false, largestGradient: 15) }
    #expect(scaler.scale == 0x1p11, "15 · 2^11 is below half of 65504")
    for _ in 0..<99 { scaler.update(foundInf: false, largestGradient: 0.01) }
    #expect(scaler.scale == 0x1p11 && scaler.stepsToGrowth == 1)
    scaler.update(foundInf: false, largestGradient: 0.02)
    #expect(scaler.scale == 0x1p17)
  }

  @Test("falls at once when a gradient comes within a factor of two of the limit")
  func falls() {
    var scaler = measured(gradient: 1)
    scaler.update(foundInf: false, largestGradient: 16)
    #expect(scaler.scale == 0x1p7)
    #expect(scaler.exhaustion == nil)
  }

  @Test("backs off like any other, and grows beyond the scale that overflowed by one factor an interval")
  func ceiling() {
    var scaler = measured(gradient: 0x1p-10)
    #expect(scaler.scale == 0x1p21)
    for _ in 0..<3 { scaler.update(foundInf: true) }
    #expect(scaler.scale == 0x1p18 && scaler.ceiling == 0x1p18)
    for exponent in 19...21 {
      for _ in 0..<99 { scaler.update(foundInf: false, largestGradient: 0x1p-10) }
      #expect(scaler.scale == Float(sign: .plus, exponent: exponent - 1, significand: 1))
      scaler.update(foundInf: false, largestGradient: 0x1p-10)
      #expect(scaler.scale == Float(sign: .plus, exponent: exponent, significand: 1))
    }
    for _ in 0..<100 { scaler.update(foundInf: false, largestGradient: 0x1p-10) }
    #expect(scaler.scale == 0x1p21, "the gradient holds it now")
  }

  @Test("doubles where all gradients are flushed to zero")
  func zero() {
    var scaler = GradScaler(.measured)
    scaler.update(foundInf: false, largestGradient: 0)
    #expect(scaler.scale == 2048)
    for _ in 0..<100 { scaler.update(foundInf: false) }
    #expect(scaler.scale == 4096)
  }

  @Test("ends the run at 2^-24")
  func floor() {
    var scaler = GradScaler(.measured)
    for _ in 0..<34 { scaler.update(foundInf: true) }
    #expect(scaler.scale == 0x1p-24 && scaler.exhaustion == nil)
    scaler.update(foundInf: true)
    #expect(scaler.exhaustion?.contains("5.9604645e-08") == true)
  }

  // A network in numbers: gradients of weights up to `weights`, of activations up to `activations` times that.
  @Test(
    "finds the scale of a network with few overflows, and does not flap",
    arguments: [1e-7, 1e-3, 1, 1e4] as [Float], [0.1, 1, 200] as [Float])
  func network(weights: Float, activations: Float) {
    let (largest, steps) = (weights * max(1, activations), 2000)
    var (scaler, overflows, moves) = (GradScaler(.measured), 0, 0)
    for step in 0..<steps {
      // A jitter of up to a factor of four, in a fixed order.
      let jitter = [1, 0.3, 0.7, 0.25, 0.9, 0.5][step % 6] as Float
      let before = scaler.scale
      let foundInf = largest * jitter * before > 65504
      scaler.update(foundInf: foundInf, largestGradient: weights * jitter)
      overflows += foundInf ? 1 : 0
      moves += scaler.scale != before ? 1 : 0
    }
    // At the start: down from 1024, or back from a jump that activations cannot follow.
    let search = max(0, (1024 * largest / 65504).exponent + 1, (activations / 16).exponent + 1)
    // Where activations overflow first it probes once an interval, as torch does; else nothing moves any more.
    let probes = activations > 16 ? steps / 100 : 0
    #expect(overflows <= search + probes)
    #expect(moves <= 1 + search + 2 * probes)
    #expect(scaler.scale * largest <= 2 * 65504 && scaler.scale * largest > 65504 / 64)
  }

  /// A scaler after its first step.
  private func measured(gradient: Float) -> GradScaler {
    var scaler = GradScaler(.measured)
    scaler.update(foundInf: false, largestGradient: gradient)
    return scaler
  }
}
