import Foundation
import RunStatistics
import Testing
import TrainingEvents

@Suite struct PairedSpeedupTests {
  /// A comparison fed with pairs of step times after its warm-up.
  private func speedup(
    _ pairs: [(baseline: Double, lane: Double)], updatesInterval: Bool = true
  ) -> PairedSpeedup {
    var speedup = PairedSpeedup(baseline: laneA, lane: laneB, updatesInterval: updatesInterval)
    for attempt in 0..<10 {
      speedup.add(.make(laneA, attempt, milliseconds: 500))
      speedup.add(.make(laneB, attempt, milliseconds: 1))
    }
    for (index, pair) in pairs.enumerated() {
      speedup.add(.make(laneA, 10 + index, milliseconds: pair.baseline))
      speedup.add(.make(laneB, 10 + index, milliseconds: pair.lane))
    }
    return speedup
  }

  @Test("Nothing is estimated before a pair; one pair gives a ratio without interval")
  func fewPairs() throws {
    #expect(PairedSpeedup(baseline: laneA, lane: laneB).estimate == nil)
    #expect(speedup([]).estimate == nil)
    let one = try #require(speedup([(30, 20)]).estimate)
    // exp(log x) is within a few units in the last place of x.
    #expect(abs(one.ratio - 1.5) < 1e-12)
    #expect(one.count == 1)
    #expect(one.low == nil)
    #expect(one.high == nil)
    #expect(one.schedule == .alternating)
  }

  @Test("The ratio is the geometric mean")
  func geometricMean() throws {
    let estimate = try #require(speedup([(40, 10), (10, 10)]).estimate)
    #expect(abs(estimate.ratio - 2) < 1e-12)
  }

  @Test("The interval appears at 30 pairs, and is a point where nothing varies")
  func interval() throws {
    #expect(speedup(Array(repeating: (30, 20), count: 29)).estimate?.low == nil)
    let estimate = try #require(speedup(Array(repeating: (30, 20), count: 30)).estimate)
    #expect(abs(try #require(estimate.low) - 1.5) < 1e-9)
    #expect(abs(try #require(estimate.high) - 1.5) < 1e-9)
  }

  @Test("Only steps of equal attempt that both lanes committed are pairs, in whatever bursts they come")
  func pairing() throws {
    var speedup = PairedSpeedup(baseline: laneA, lane: laneB)
    for attempt in 0..<60 { speedup.add(.make(laneA, attempt, milliseconds: 30, committed: attempt % 3 != 0)) }
    #expect(speedup.estimate == nil)
    for attempt in 0..<60 { speedup.add(.make(laneB, attempt, milliseconds: 20, committed: attempt % 2 != 0)) }
    // Of the attempts 10 to 59, those that neither 2 nor 3 divides.
    let expected = (10..<60).count { $0 % 2 != 0 && $0 % 3 != 0 }
    let estimate = try #require(speedup.estimate)
    #expect(estimate.count == expected)
    #expect(abs(estimate.ratio - 1.5) < 1e-12)
  }

  @Test("Effective speedup counts committed samples over the time of all steps")
  func effective() throws {
    var speedup = PairedSpeedup(baseline: laneA, lane: laneB)
    for attempt in 0..<50 {
      speedup.add(.make(laneA, attempt, milliseconds: 20))
      speedup.add(.make(laneB, attempt, milliseconds: 10, committed: attempt % 2 == 0))
    }
    let estimate = try #require(speedup.estimate)
    #expect(abs(estimate.ratio - 2) < 1e-12)
    // Twice as fast, half of the steps lost: no gain.
    #expect(abs(try #require(estimate.effective) - 1) < 1e-12)
  }

  @Test("A new segment starts afresh with its own warm-up; late steps and other lanes are ignored")
  func segments() throws {
    var speedup = speedup(Array(repeating: (30, 10), count: 40))
    #expect(speedup.count == 40)
    speedup.add(.make(LaneID(2), 50, milliseconds: 1))
    speedup.add(.make(laneA, 50, milliseconds: 20, segment: 1))
    #expect(speedup.estimate == nil)
    speedup.add(.make(laneB, 50, milliseconds: 10, segment: 0))
    for attempt in 51..<62 { speedup.add(.make(laneA, attempt, milliseconds: 20, segment: 1)) }
    for attempt in 50..<62 { speedup.add(.make(laneB, attempt, milliseconds: 10, segment: 1)) }
    #expect(speedup.segment == 1)
    #expect(speedup.estimate?.count == 2)
    #expect(abs(try #require(speedup.estimate?.ratio) - 2) < 1e-12)
  }

  @Test("Times that are no times make no pair")
  func oddTimes() {
    let odd: [(baseline: Double, lane: Double)] = [(.nan, 10), (10, .infinity), (0, 10), (10, -1)]
    #expect(speedup(odd).estimate == nil)
    // The quotient of these is infinite.
    #expect(speedup([(.greatestFiniteMagnitude, .leastNonzeroMagnitude)]).estimate == nil)
  }

  @Test("At most 4096 pairs are kept: an old speed is forgotten")
  func window() throws {
    var speedup = speedup(Array(repeating: (10, 10), count: 50))
    for attempt in 60..<(60 + PairedSpeedup.window) {
      speedup.add(.make(laneA, attempt, milliseconds: 20))
      speedup.add(.make(laneB, attempt, milliseconds: 10))
    }
    let estimate = try #require(speedup.estimate)
    #expect(estimate.count == PairedSpeedup.window)
    // The running sum rounds once a pair.
    #expect(abs(estimate.ratio - 2) < 1e-9)
  }

  @Test("The same steps give the same interval, and the running one is close to the exact one")
  func reproducible() throws {
    var normal = NormalGenerator(seed: 11)
    let pairs = (0..<337).map { _ in (baseline: 13 * exp(0.1 * normal.next()), lane: 10.0) }
    let first = speedup(pairs)
    #expect(first.estimate == speedup(pairs).estimate)
    let running = try #require(first.estimate)
    let exact = try #require(first.exactEstimate())
    #expect(speedup(pairs, updatesInterval: false).exactEstimate() == exact)
    #expect(speedup(pairs, updatesInterval: false).estimate?.low == nil)
    #expect(running.ratio == exact.ratio)
    // Standard error 0.1/√337 = 0.0054; the running interval is at most a twentieth of the pairs old.
    #expect(abs(try #require(running.low) - (try #require(exact.low))) < 0.003)
    #expect(abs(try #require(running.high) - (try #require(exact.high))) < 0.003)
  }

  @Test(
    "The interval covers the true ratio about as often as it says, with independent and with correlated noise",
    arguments: [0.0, 0.5])
  func coverage(correlation: Double) throws {
    var normal = NormalGenerator(seed: 2024)
    let trials = 200
    var covered = 0
    for _ in 0..<trials {
      var noise = normal.next() / (1 - correlation * correlation).squareRoot()
      let pairs = (0..<150).map { _ in
        noise = correlation * noise + normal.next()
        return (baseline: 13 * exp(0.05 * noise), lane: 10.0)
      }
      let estimate = try #require(speedup(pairs, updatesInterval: false).exactEstimate())
      if try #require(estimate.low) < 1.3, 1.3 < (try #require(estimate.high)) { covered += 1 }
    }
    // Nominal 95 %. Block bootstraps cover less at small n: 93 % without and 91 % with correlation 0.5 here.
    // Three standard errors of a share of 0.9 over 200 trials are 6 points. An interval that took correlated steps for
    // independent ones would cover about 74 % of the correlated series.
    let share = Double(covered) / Double(trials)
    #expect(share > 0.82)
    #expect(share < 0.995)
  }
}
