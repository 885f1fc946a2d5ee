import RunStatistics
import Testing

@Suite struct MeanDifferenceTests {
  @Test("Losses of two lanes give SciPy's paired t-test")
  func losses() throws {
    // scipy.stats.ttest_rel(lane, baseline) and its confidence_interval(0.95), SciPy 1.17.1.
    let result = try #require(pairedLosses(baseline: [2.5, 3.25, 1.75, 4], lane: [2.25, 3.5, 1.5, 3.5]))
    #expect(result.mean == -0.1875)
    #expect(result.count == 4)
    // A handful of roundings.
    #expect(abs(result.standardDeviation - 0.3145764348029479) < 1e-14)
    #expect(abs(result.tStatistic() - -1.1920791213585396) < 1e-13)
    #expect(abs(result.pValue - 0.3189317919127754) < 1e-13)
    let interval = result.interval()
    #expect(abs(interval.low - -0.6880613063339813) < 1e-13)
    #expect(abs(interval.high - 0.3130613063339813) < 1e-13)
  }

  @Test("Swapping the lanes mirrors the result exactly")
  func symmetry() throws {
    let one = try #require(pairedLosses(baseline: [0.3, 1.1, 0.7], lane: [0.4, 0.9, 0.71]))
    let other = try #require(pairedLosses(baseline: [0.4, 0.9, 0.71], lane: [0.3, 1.1, 0.7]))
    #expect(one.mean == -other.mean)
    #expect(one.standardDeviation == other.standardDeviation)
    #expect(one.pValue == other.pValue)
    #expect(one.interval().low == -other.interval().high)
  }

  @Test("Equal differences have no spread at all, whatever they round to")
  func equal() throws {
    let result = try #require(MeanDifference([0.1, 0.1, 0.1]))
    #expect(result.mean == 0.1)
    #expect(result.standardDeviation == 0)
    #expect(result.interval() == (0.1, 0.1))
    #expect(result.tStatistic() == .infinity)
    #expect(result.tStatistic(against: 0.1) == 0)
    #expect(result.tStatistic(against: 1) == -.infinity)
    #expect(result.pValue == 0)
    #expect(MeanDifference([0, 0])?.pValue == 1)
  }

  @Test("Spread keeps its digits beside a large mean and at the ends of the range of a double")
  func digits() throws {
    let far = try #require(MeanDifference([1e9 + 1, 1e9 + 2, 1e9 + 3]))
    #expect(far.mean == 1e9 + 2)
    #expect(abs(far.standardDeviation - 1) < 1e-12)
    for scale in [1e-300, 1e300] {
      let result = try #require(MeanDifference([1 * scale, 2 * scale, 3 * scale]))
      #expect(abs(result.standardDeviation / scale - 1) < 1e-12)
    }
  }

  @Test("Too few, not finite and unequal lists give nothing; a confidence without meaning gives NaN")
  func nothing() throws {
    #expect(MeanDifference([]) == nil)
    #expect(MeanDifference([1]) == nil)
    #expect(MeanDifference([1, .nan]) == nil)
    #expect(MeanDifference([1, 2, .infinity]) == nil)
    #expect(MeanDifference([.greatestFiniteMagnitude, -.greatestFiniteMagnitude]) == nil)
    #expect(pairedLosses(baseline: [1, 2], lane: [1, 2, 3]) == nil)
    #expect(pairedLosses(baseline: [1, 2], lane: [1, .nan]) == nil)
    let result = try #require(MeanDifference([1, 2]))
    for confidence in [0, 1, -0.5, .nan] { #expect(result.interval(confidence: confidence).low.isNaN) }
  }
}
