import RunStatistics
import Testing
import TrainingEvents

@Suite("Format windows")
struct FormatWindowTests {
  @Test("exponents agree with the formats themselves")
  func exponents() {
    #expect(NumericFormat.fp16.lowestNormalExponent == Int(Float16.leastNormalMagnitude.exponent))
    #expect(NumericFormat.fp16.lowestSubnormalExponent == Int(Float16.leastNonzeroMagnitude.exponent))
    #expect(NumericFormat.fp16.highestExponent == Int(Float16.greatestFiniteMagnitude.exponent))
    #expect(NumericFormat.fp16.largest == Double(Float16.greatestFiniteMagnitude))
    #expect(NumericFormat.fp32.lowestNormalExponent == Int(Float.leastNormalMagnitude.exponent))
    #expect(NumericFormat.fp32.lowestSubnormalExponent == Int(Float.leastNonzeroMagnitude.exponent))
    #expect(NumericFormat.bf16.largest == Double(Float(bitPattern: 0x7F7F_0000)))
    #expect(Float(bitPattern: 0x0001_0000).exponent == NumericFormat.bf16.lowestSubnormalExponent)
  }

  @Test("elements of every power of two meet the fate that Float16 gives them")
  func fates() {
    for exponent in -30...20 {
      let fit = ExponentHistogram(lowest: exponent, counts: [1]).fit(in: .fp16, zeros: 0)
      let value = Float16(Double(sign: .plus, exponent: exponent, significand: 1.5))
      #expect(fit.flushed == (value == 0 ? 1 : 0), "2^\(exponent)")
      #expect(fit.subnormal == (value.isSubnormal || (value == .leastNormalMagnitude && exponent < -14) ? 1 : 0))
      #expect(fit.overflowing == (value.isInfinite ? 1 : 0))
    }
  }

  @Test("shares add up to one, and a shift moves the window")
  func shares() {
    let histogram = ExponentHistogram(lowest: -30, counts: [10, 0, 0, 0, 0, 20, 0, 0, 0, 0, 30])
    let fit = histogram.fit(in: .fp16, zeros: 40)
    #expect(fit == FormatFit(zero: 0.4, flushed: 0.1, subnormal: 0.5, normal: 0, overflowing: 0))
    let scaled = histogram.fit(in: .fp16, shiftedBy: 16, zeros: 40)
    #expect(scaled == FormatFit(zero: 0.4, flushed: 0, subnormal: 0, normal: 0.6, overflowing: 0))
    #expect(histogram.range == -30 ... -20)
    #expect(histogram[-25] == 20 && histogram[5] == 0)
    #expect(ExponentHistogram(lowest: 0, counts: []).range == nil)
  }
}
