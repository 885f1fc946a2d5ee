import RunStatistics
import Testing

@Suite struct DebiasedEMATests {
  @Test("Values agree with TensorBoard's formula")
  func knownAnswers() {
    var average = DebiasedEMA(weight: 0.5)
    #expect(average.value == nil)
    #expect(average.add(1) == 1)
    // (0.5·0.5 + 0.5·2) / (1 − 0.25) and (0.625 + 1.5) / (1 − 0.125), exact in binary up to the division.
    #expect(average.add(2) == 1.25 / 0.75)
    #expect(average.add(3) == 2.125 / 0.875)
    #expect(average.value == 2.125 / 0.875)
  }

  @Test("The first value is not pulled towards zero, whatever the weight", arguments: [0, 0.6, 0.99, 0.9999])
  func firstValue(weight: Double) {
    var average = DebiasedEMA(weight: weight)
    // (1 − w)·x / (1 − w) rounds twice.
    #expect(abs(average.add(7) - 7) < 1e-12)
  }

  @Test("A non-finite value passes through and leaves the average as it was")
  func nonFinite() {
    var average = DebiasedEMA(weight: 0.9)
    #expect(average.add(.nan).isNaN)
    #expect(average.value == nil)
    average.add(2)
    let before = average.value
    #expect(average.add(.infinity) == .infinity)
    #expect(average.value == before)
  }

  @Test("No weight means no smoothing, and a weight out of range is moved into it")
  func weights() {
    #expect(DebiasedEMA.smooth([1, 5, -2], weight: 0) == [1, 5, -2])
    #expect(DebiasedEMA(weight: -1).weight == 0)
    #expect(DebiasedEMA(weight: .nan).weight == 0)
    #expect(DebiasedEMA(weight: 1).weight == DebiasedEMA.maximumWeight)
    #expect(DebiasedEMA.smooth([3, 3, 3], weight: 5).allSatisfy { abs($0 - 3) < 1e-9 })
  }
}
