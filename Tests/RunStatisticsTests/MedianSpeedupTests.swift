import Foundation
import Testing

@testable import RunStatistics

@Suite struct MedianSpeedupTests {
  /// Step times about a true median with correlated noise of about 5 %.
  private func series(_ count: Int, median: Double, correlation: Double, _ normal: inout NormalGenerator) -> [Double] {
    var noise = normal.next() / (1 - correlation * correlation).squareRoot()
    return (0..<count).map { _ in
      noise = correlation * noise + normal.next()
      return median * exp(0.05 * noise)
    }
  }

  @Test("Resampled medians are those of the blocks written out", arguments: [1, 2, 7, 30, 41])
  func resampledMedians(count: Int) {
    var normal = NormalGenerator(seed: UInt64(count))
    // Rounded, so that some values are equal.
    let values = (0..<count).map { _ in (10 * normal.next()).rounded() }
    let block = BlockBootstrap.blockLength(count)
    var random = SplitMix64(state: BlockBootstrap.firstSeed)
    for median in BlockBootstrap.medians(of: values) {
      var resampled: [Double] = []
      while resampled.count < count {
        let start = random.index(below: count)
        resampled += (0..<min(block, count - resampled.count)).map { values[(start + $0) % count] }
      }
      resampled.sort()
      #expect(median == (resampled[(count - 1) / 2] + resampled[count / 2]) / 2)
    }
  }

  @Test("The median is the middle one, or half way between the two in the middle")
  func median() throws {
    #expect(MedianInterval([5, 1, 9])?.median == 5)
    #expect(MedianInterval([5, 1, 9, 6])?.median == 5.5)
    #expect(MedianInterval([4])?.count == 1)
    #expect(MedianInterval([]) == nil)
    #expect(MedianInterval([1, .nan]) == nil)
  }

  @Test("The interval appears at 30 values, is a point where nothing varies, and does not see one slow step")
  func interval() throws {
    #expect(MedianInterval(Array(repeating: 20, count: 29))?.low == nil)
    var values = Array(repeating: 20.0, count: 30)
    #expect(MedianInterval(values)?.low == 20)
    #expect(MedianInterval(values)?.high == 20)
    values[12] = 5000
    #expect(MedianInterval(values)?.high == 20)
  }

  @Test("The speedup is the ratio of the medians, with an interval where both series reach 30")
  func speedup() throws {
    #expect(MedianSpeedup(baseline: [30, 10, 20], lane: [10])?.ratio == 2)
    #expect(MedianSpeedup(baseline: [30, 10, 20], lane: [10])?.low == nil)
    let many = Array(repeating: 15.0, count: 40)
    #expect(MedianSpeedup(baseline: many, lane: [10])?.high == nil)
    let point = try #require(MedianSpeedup(baseline: many, lane: Array(repeating: 10, count: 30)))
    #expect(point.low == 1.5)
    #expect(point.high == 1.5)
  }

  @Test("The same series give the same interval; two series are not resampled as if they were pairs")
  func independent() throws {
    var normal = NormalGenerator(seed: 8)
    let one = series(60, median: 10, correlation: 0, &normal)
    #expect(MedianSpeedup(baseline: one, lane: one) == MedianSpeedup(baseline: one, lane: one))
    // The same draws for both would make every ratio 1.
    let same = try #require(MedianSpeedup(baseline: one, lane: one))
    #expect(try #require(same.low) < 1)
    #expect(try #require(same.high) > 1)
  }

  @Test("The interval covers the true speedup about as often as it says, in correlated noise too", arguments: [0, 0.5])
  func coverage(correlation: Double) throws {
    var normal = NormalGenerator(seed: 99)
    let trials = 100
    var covered = 0
    for _ in 0..<trials {
      let baseline = series(64, median: 13, correlation: correlation, &normal)
      let lane = series(64, median: 10, correlation: correlation, &normal)
      let speedup = try #require(MedianSpeedup(baseline: baseline, lane: lane))
      if try #require(speedup.low) < 1.3, 1.3 < (try #require(speedup.high)) { covered += 1 }
    }
    // Nominal 95 %; over 300 trials 96 % without and 91 % with correlation 0.5. Two standard errors of a share of 0.91
    // over 100 trials are 6 points.
    #expect(Double(covered) / Double(trials) > 0.85)
  }

  @Test("Times that are none give nothing")
  func nothing() {
    #expect(MedianSpeedup(baseline: [], lane: [1]) == nil)
    #expect(MedianSpeedup(baseline: [1], lane: []) == nil)
    for time in [0, -1, .nan, .infinity] {
      #expect(MedianSpeedup(baseline: [1, 2], lane: [1, time]) == nil)
      #expect(MedianSpeedup(baseline: [1, time], lane: [1, 2]) == nil)
    }
    #expect(MedianSpeedup(baseline: [.greatestFiniteMagnitude], lane: [.leastNonzeroMagnitude]) == nil)
  }
}
