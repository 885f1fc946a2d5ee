import RunStatistics
import Testing
import TrainingEvents

@Suite struct ConcurrentSpeedupTests {
  /// Feeds steps of one lane, back to back from `start` seconds on.
  private func run(
    _ speedup: inout ConcurrentSpeedup, _ lane: LaneID, from start: Double, milliseconds: Double, attempts: Range<Int>,
    committed: Bool = true, segment: Int = 0
  ) {
    for (index, attempt) in attempts.enumerated() {
      speedup.add(
        time: start + Double(index + 1) * milliseconds / 1000,
        .make(lane, attempt, milliseconds: milliseconds, committed: committed, segment: segment))
    }
  }

  @Test("The ratio is that of the step rates, and there is no interval")
  func rates() throws {
    var speedup = ConcurrentSpeedup(baseline: laneA, lane: laneB)
    #expect(speedup.estimate == nil)
    run(&speedup, laneA, from: 1000, milliseconds: 20, attempts: 0..<110)
    run(&speedup, laneB, from: 1000, milliseconds: 10, attempts: 0..<220)
    let estimate = try #require(speedup.estimate)
    // Times near 1000 s carry 1e-13 s of rounding into each 10 ms step.
    #expect(abs(estimate.ratio - 2) < 1e-6)
    #expect(estimate.low == nil)
    #expect(estimate.high == nil)
    #expect(estimate.schedule == .concurrent)
    #expect(abs(try #require(estimate.effective) - 2) < 1e-9)
    // Both are past their warm-up from 0.2 s to 2.2 s.
    #expect(abs(speedup.commonSeconds - 2) < 1e-6)
    #expect((199...200).contains(estimate.count))
  }

  @Test("Time in which only one lane trains does not count")
  func onlyCommonTime() throws {
    var speedup = ConcurrentSpeedup(baseline: laneA, lane: laneB)
    // B starts two seconds later, when A has the machine no longer to itself and slows down.
    run(&speedup, laneA, from: 0, milliseconds: 10, attempts: 0..<200)
    run(&speedup, laneA, from: 2, milliseconds: 30, attempts: 200..<300)
    run(&speedup, laneB, from: 2, milliseconds: 20, attempts: 0..<150)
    #expect(abs(try #require(speedup.estimate).ratio - 1.5) < 1e-6)
    #expect(abs(speedup.commonSeconds - 2.8) < 1e-6)
  }

  @Test("A pause of one lane ends the common time; a short wait between steps does not")
  func gaps() throws {
    var speedup = ConcurrentSpeedup(baseline: laneA, lane: laneB)
    run(&speedup, laneA, from: 0, milliseconds: 10, attempts: 0..<1000)
    // B: steps of 8 ms every 10 ms, with five seconds of rest in the middle.
    for attempt in 0..<500 {
      let end = Double(attempt + 1) * 0.01 + (attempt < 250 ? 0 : 5)
      speedup.add(time: end, .make(laneB, attempt, milliseconds: 8))
    }
    // 240 steps before and 250 after the rest, the first of which occupies its own 8 ms.
    #expect(abs(speedup.commonSeconds - 4.898) < 1e-6)
    #expect(abs(try #require(speedup.estimate).ratio - 490 / 489.8) < 1e-6)
  }

  @Test("Skipped steps count as steps, and show in the effective speedup")
  func effective() throws {
    var speedup = ConcurrentSpeedup(baseline: laneA, lane: laneB)
    run(&speedup, laneA, from: 0, milliseconds: 10, attempts: 0..<100)
    run(&speedup, laneB, from: 0, milliseconds: 10, attempts: 0..<100, committed: false)
    let estimate = try #require(speedup.estimate)
    #expect(abs(estimate.ratio - 1) < 1e-6)
    #expect(estimate.effective == 0)
  }

  @Test("A new segment starts afresh; times that are no times and clocks set back do no harm")
  func oddInput() throws {
    var speedup = ConcurrentSpeedup(baseline: laneA, lane: laneB)
    run(&speedup, laneA, from: 0, milliseconds: 10, attempts: 0..<100)
    run(&speedup, laneB, from: 0, milliseconds: 10, attempts: 0..<100)
    speedup.add(time: .nan, .make(laneB, 100, milliseconds: 10))
    speedup.add(time: 1.01, .make(laneB, 101, milliseconds: .infinity))
    speedup.add(time: 0.5, .make(laneB, 102, milliseconds: 10))
    #expect(try #require(speedup.estimate).ratio.isFinite)
    speedup.add(time: 2, .make(laneA, 100, milliseconds: 10, segment: 1))
    #expect(speedup.segment == 1)
    #expect(speedup.estimate == nil)
    #expect(speedup.commonSeconds == 0)
  }
}
