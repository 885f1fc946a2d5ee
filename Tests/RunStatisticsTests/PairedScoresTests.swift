import RunStatistics
import Testing

@Suite struct PairedScoresTests {
  @Test("Right and wrong answers are compared as accuracies")
  func zeroAndOne() throws {
    let baseline: [Float] = [1, 1, 0, 0, 1, 0]
    let lane: [Float] = [1, 0, 1, 1, 1, 0]
    let accuracy = try #require(
      pairedAccuracy(baselineCorrect: baseline.map { $0 == 1 }, laneCorrect: lane.map { $0 == 1 }))
    let scores = try #require(pairedScores(baseline: baseline, lane: lane))
    #expect(scores == PairedScores(accuracy))
    #expect(scores.method == .mcNemar)
    #expect(scores.difference == accuracy.difference)
    #expect(scores.low == accuracy.low)
    #expect(scores.high == accuracy.high)
    #expect(scores.mcNemarP == accuracy.mcNemarP)
    #expect(scores.pValue == accuracy.mcNemarP)
    #expect(scores.count == 6)
  }

  @Test("Scores between 0 and 1 are compared by SciPy's paired t-test, and McNemar's p has no meaning")
  func fractions() throws {
    let scores = try #require(
      pairedScores(
        baseline: [0.5, 0.75, 1, 0.25, 0.625, 0.875, 0.5, 0.375], lane: [0.625, 0.75, 0.875, 0.5, 0.625, 1, 0.5, 0.5]))
    // scipy.stats.ttest_rel(lane, baseline) and its confidence_interval(0.95), SciPy 1.17.1; a handful of roundings.
    #expect(scores.method == .pairedT)
    #expect(scores.difference == 0.0625)
    #expect(abs(scores.low - -0.03425062163439495) < 1e-13)
    #expect(abs(scores.high - 0.15925062163439496) < 1e-13)
    #expect(abs(scores.pValue - 0.1704706607870538) < 1e-13)
    #expect(scores.mcNemarP == nil)
    #expect(scores.count == 8)
  }

  @Test("On many right and wrong answers both methods nearly agree: one half score decides the method only")
  func methodsAgree() throws {
    var baseline = (0..<4000).map { Float($0 % 10 == 0 ? 0 : 1) }
    let lane = (0..<4000).map { Float($0 % 10 == 1 || $0 % 40 == 2 ? 0 : 1) }
    let exact = try #require(pairedScores(baseline: baseline, lane: lane))
    baseline[3] = 0.5
    let approximate = try #require(pairedScores(baseline: baseline, lane: lane))
    #expect(exact.method == .mcNemar)
    #expect(approximate.method == .pairedT)
    // The half score alone moves the difference by 1/8000; the intervals are 0.029 wide.
    #expect(abs(exact.difference - approximate.difference) < 2e-4)
    #expect(abs(exact.low - approximate.low) < 5e-4)
    #expect(abs(exact.high - approximate.high) < 5e-4)
  }

  @Test("The interval of fractional scores covers the true difference about as often as it says")
  func coverage() throws {
    var normal = NormalGenerator(seed: 404)
    let trials = 500
    var covered = 0
    for _ in 0..<trials {
      // An example is hard or easy for both lanes; the lane is 0.02 better.
      let pairs = (0..<60).map { _ in
        let example = 0.6 + 0.05 * normal.next()
        return (baseline: Float(example), lane: Float(example + 0.02 + 0.03 * normal.next()))
      }
      let scores = try #require(pairedScores(baseline: pairs.map(\.baseline), lane: pairs.map(\.lane)))
      if scores.low < 0.02, 0.02 < scores.high { covered += 1 }
    }
    // Three standard errors of a share of 0.95 over 500 trials are 2.9 points.
    #expect(abs(Double(covered) / Double(trials) - 0.95) < 0.03)
  }

  @Test("Intervals stay within −1…1, and agreement everywhere is a difference of zero")
  func extremes() throws {
    let apart = try #require(pairedScores(baseline: [0, 0.1], lane: [1, 0.2]))
    #expect(apart.low == -1)
    #expect(apart.high == 1)
    let same = try #require(pairedScores(baseline: [0.3, 0.9, 0.5], lane: [0.3, 0.9, 0.5]))
    #expect(same.difference == 0)
    #expect(same.low == 0)
    #expect(same.high == 0)
    #expect(same.pValue == 1)
  }

  @Test("Nothing to compare, and scores that are none, give nothing")
  func nothing() {
    #expect(pairedScores(baseline: [], lane: []) == nil)
    #expect(pairedScores(baseline: [1], lane: []) == nil)
    #expect(pairedScores(baseline: [0.5], lane: [0.25]) == nil)
    #expect(pairedScores(baseline: [1], lane: [0]) != nil)
    for score in [Float.nan, -0.1, 1.1, .infinity] {
      #expect(pairedScores(baseline: [1, 0.5], lane: [score, 0.5]) == nil)
      #expect(pairedScores(baseline: [score, 0.5], lane: [1, 0.5]) == nil)
    }
  }
}
