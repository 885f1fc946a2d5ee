import RunStatistics
import Testing

@Suite struct EquivalenceTestTests {
  /// Normal differences about `mean` with standard deviation 1.
  private func differences(_ count: Int, about mean: Double, _ normal: inout NormalGenerator) -> [Double] {
    (0..<count).map { _ in mean + normal.next() }
  }

  /// scipy.stats.ttest_1samp against −margin ("greater") and +margin ("less") with confidence_interval(0.90), SciPy
  /// 1.17.1.
  struct Example: Sendable {
    var differences: [Double]
    var margin, mean, standardDeviation, low, high, lowerT, upperT, lowerP, upperP: Double
  }

  @Test(
    "Both tests and the interval are SciPy's",
    arguments: [
      Example(
        differences: [0.003, -0.001, 0.004, 0.002, -0.002], margin: 0.01, mean: 0.0012,
        standardDeviation: 0.002588435821108957, low: -0.0012677910700254792, high: 0.0036677910700254777,
        lowerT: 9.675326366511234, upperT: -7.60204214511597, lowerP: 0.0003192612040867079,
        upperP: 0.0008033240542748753),
      Example(
        differences: [0.003, -0.001, 0.004, 0.002, -0.002], margin: 0.003, mean: 0.0012,
        standardDeviation: 0.002588435821108957, low: -0.0012677910700254792, high: 0.0036677910700254777,
        lowerT: 3.628247387441713, upperT: -1.5549631660464482, lowerP: 0.011097159944785743,
        upperP: 0.09746473637766),
      Example(
        differences: [12, 15, 9, 14, 18, 11], margin: 5, mean: 13.166666666666666,
        standardDeviation: 3.188521078284832, low: 10.543661515873252, high: 15.789671817460079,
        lowerT: 13.956019912685658, upperT: 6.273807116711901, lowerP: 1.697725629537139e-05,
        upperP: 0.9992447085616082),
    ])
  func scipy(_ example: Example) throws {
    let test = try #require(EquivalenceTest(differences: example.differences, margin: example.margin))
    // A few roundings of the mean, which t and p enlarge by |t|.
    func isClose(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) <= 1e-12 * abs(expected) }
    #expect(isClose(test.difference.mean, example.mean))
    #expect(isClose(test.difference.standardDeviation, example.standardDeviation))
    #expect(isClose(test.low, example.low))
    #expect(isClose(test.high, example.high))
    #expect(isClose(test.lowerT, example.lowerT))
    #expect(isClose(test.upperT, example.upperT))
    #expect(isClose(test.lowerP, example.lowerP))
    #expect(isClose(test.upperP, example.upperP))
    #expect(test.pValue == max(test.lowerP, test.upperP))
    #expect(test.isEquivalent == (example.lowerP < 0.05 && example.upperP < 0.05))
  }

  @Test("Equivalent exactly where the 90 % interval lies inside ±margin", arguments: [2, 3, 5, 10, 50])
  func duality(count: Int) throws {
    var normal = NormalGenerator(seed: UInt64(count))
    var verdicts: Set<Bool> = []
    for trial in 0..<100 {
      let values = differences(count, about: Double(trial % 5) / 5, &normal)
      let margin = 0.1 + Double(trial) / 20
      let test = try #require(EquivalenceTest(differences: values, margin: margin))
      #expect(test.isEquivalent == (test.low > -margin && test.high < margin))
      verdicts.insert(test.isEquivalent)
    }
    #expect(verdicts.count == 2)
  }

  @Test("Equal lanes are found equivalent; lanes further apart than the margin are not")
  func clearCases() throws {
    var normal = NormalGenerator(seed: 3)
    for _ in 0..<100 {
      // The margin is 1.5 standard deviations, six standard errors of the mean of 16.
      let equal = try #require(EquivalenceTest(differences: differences(16, about: 0, &normal), margin: 1.5))
      #expect(equal.isEquivalent)
      let shifted = try #require(EquivalenceTest(differences: differences(16, about: 3, &normal), margin: 1.5))
      #expect(!shifted.isEquivalent)
    }
  }

  @Test("Lanes apart by just the margin are called equivalent in 5 % of trials", arguments: [-1.0, 1.0])
  func size(sign: Double) throws {
    var normal = NormalGenerator(seed: 77)
    let trials = 2000
    var equivalent = 0
    for _ in 0..<trials {
      let values = differences(10, about: 1.5 * sign, &normal)
      if try #require(EquivalenceTest(differences: values, margin: 1.5)).isEquivalent { equivalent += 1 }
    }
    // Three standard errors of a share of 0.05 over 2000 trials are 1.5 points.
    #expect(abs(Double(equivalent) / Double(trials) - EquivalenceTest.significance) < 0.015)
  }

  @Test(
    "More pairs show what few could not, as often as the exact power says; a wider margin is never harder to show",
    arguments: [
      // scipy.integrate.quad over the chi distribution of the standard deviation, SciPy 1.17.1.
      (4, 0.0619), (8, 0.2111), (16, 0.6949), (32, 0.9740),
    ])
  func power(count: Int, exact: Double) throws {
    var normal = NormalGenerator(seed: 5)
    let trials = 500
    var equivalent = 0
    for _ in 0..<trials {
      let values = differences(count, about: 0, &normal)
      let narrow = try #require(EquivalenceTest(differences: values, margin: 0.7))
      let wide = try #require(EquivalenceTest(differences: values, margin: 1.4))
      #expect(wide.pValue <= narrow.pValue)
      if narrow.isEquivalent { equivalent += 1 }
    }
    // Three standard errors of the share.
    let error = (exact * (1 - exact) / Double(trials)).squareRoot()
    #expect(abs(Double(equivalent) / Double(trials) - exact) < 3 * error)
  }

  @Test("Swapping the lanes swaps the two tests")
  func symmetry() throws {
    let values = [0.2, -0.1, 0.4, 0.05]
    let one = try #require(EquivalenceTest(differences: values, margin: 0.3))
    let other = try #require(EquivalenceTest(differences: values.map { -$0 }, margin: 0.3))
    #expect(one.lowerP == other.upperP)
    #expect(one.lowerT == -other.upperT)
    #expect(one.low == -other.high)
    #expect(one.isEquivalent == other.isEquivalent)
  }

  @Test("Where all differences are equal the mean alone decides")
  func noSpread() throws {
    #expect(try #require(EquivalenceTest(differences: [0.1, 0.1, 0.1], margin: 0.2)).isEquivalent)
    #expect(!(try #require(EquivalenceTest(differences: [0.2, 0.2], margin: 0.2)).isEquivalent))
    #expect(!(try #require(EquivalenceTest(differences: [0.3, 0.3], margin: 0.2)).isEquivalent))
  }

  @Test("Fewer than two differences, differences that are none and margins that are none give nothing")
  func nothing() throws {
    #expect(EquivalenceTest(differences: [], margin: 1) == nil)
    #expect(EquivalenceTest(differences: [0], margin: 1) == nil)
    #expect(EquivalenceTest(differences: [0, .nan], margin: 1) == nil)
    for margin in [0, -1, .infinity, .nan] {
      #expect(EquivalenceTest(differences: [0, 0.1], margin: margin) == nil)
      #expect(EquivalenceTest(try #require(MeanDifference([0, 0.1])), margin: margin) == nil)
    }
  }
}
