import RunStatistics
import Testing

@Suite struct PairedAccuracyTests {
  @Test("The interval is Newcombe's method 10 in his own worked example")
  func newcombe() throws {
    // Newcombe 1998, table II: 36, 12, 2, 0 of 50 gives 0.2000 with (0.0569, 0.3404).
    let result = try #require(PairedAccuracy(bothCorrect: 36, laneOnly: 12, baselineOnly: 2, neither: 0))
    #expect(abs(result.difference - 0.2) < 1e-12)
    // The table has four digits.
    #expect(abs(result.low - 0.0569) < 0.00005)
    #expect(abs(result.high - 0.3404) < 0.00005)
    #expect(result.count == 50)
  }

  @Test(
    "McNemar's p is the exact binomial one",
    arguments: [
      // From exact rational arithmetic: 2·Σ C(n, i) / 2ⁿ.
      (12, 2, 0.012939453125), (150, 100, 0.001883300935076157), (6000, 4000, 1.7404316412268784e-89),
      (5050, 4950, 0.322174199795312), (0, 10, 0.001953125), (5, 5, 1), (0, 1, 1), (0, 0, 1),
    ])
  func mcNemar(laneOnly: Int, baselineOnly: Int, p: Double) throws {
    let result = try #require(
      PairedAccuracy(bothCorrect: 1, laneOnly: laneOnly, baselineOnly: baselineOnly, neither: 1))
    // Sums of a few thousand logarithms: about 1e-12 relative.
    #expect(abs(result.mcNemarP - p) <= 1e-10 * p)
  }

  @Test("Swapping the lanes mirrors the result")
  func symmetry() throws {
    let one = try #require(PairedAccuracy(bothCorrect: 8700, laneOnly: 310, baselineOnly: 270, neither: 720))
    let other = try #require(PairedAccuracy(bothCorrect: 8700, laneOnly: 270, baselineOnly: 310, neither: 720))
    #expect(one.difference == -other.difference)
    #expect(abs(one.low + other.high) < 1e-12)
    #expect(abs(one.high + other.low) < 1e-12)
    #expect(one.mcNemarP == other.mcNemarP)
    #expect(one.low < 0.004 && 0.004 < one.high)
  }

  @Test("Two lanes that agree everywhere differ by zero, within an interval of some width")
  func agreement() throws {
    let correct = (0..<1000).map { $0 % 10 != 0 }
    let result = try #require(pairedAccuracy(baselineCorrect: correct, laneCorrect: correct))
    #expect(result.difference == 0)
    #expect(result.low <= 0 && result.high >= 0)
    #expect(result.low > -0.01 && result.high < 0.01)
    #expect(result.mcNemarP == 1)
  }

  @Test("Lists are counted sample by sample")
  func lists() throws {
    let result = try #require(
      pairedAccuracy(
        baselineCorrect: [true, true, false, false, true], laneCorrect: [true, false, true, true, true]))
    #expect(result == PairedAccuracy(bothCorrect: 2, laneOnly: 2, baselineOnly: 1, neither: 0))
  }

  @Test("All right, all wrong and one sample stay within −1…1")
  func extremes() throws {
    for counts in [(10, 0, 0, 0), (0, 10, 0, 0), (0, 0, 10, 0), (0, 0, 0, 10), (0, 1, 0, 0)] {
      let result = try #require(
        PairedAccuracy(bothCorrect: counts.0, laneOnly: counts.1, baselineOnly: counts.2, neither: counts.3))
      #expect(result.low >= -1 && result.low <= result.difference)
      #expect(result.high <= 1 && result.high >= result.difference)
    }
  }

  @Test("Nothing to compare gives nothing")
  func nothing() {
    #expect(pairedAccuracy(baselineCorrect: [], laneCorrect: []) == nil)
    #expect(pairedAccuracy(baselineCorrect: [true], laneCorrect: []) == nil)
    #expect(PairedAccuracy(bothCorrect: 2, laneOnly: -1, baselineOnly: 0, neither: 0) == nil)
  }
}
