import RunStatistics
import Testing
import TrainingEvents

@Suite struct StepTimeStatisticsTests {
  @Test("The first ten attempts of a segment do not count")
  func warmUp() {
    var statistics = StepTimeStatistics()
    for attempt in 0..<10 { statistics.add(.make(laneA, attempt, milliseconds: 1000)) }
    #expect(statistics.median == nil)
    #expect(statistics.p95 == nil)
    #expect(statistics.samplesPerSecond == nil)
    statistics.add(.make(laneA, 10, milliseconds: 5))
    #expect(statistics.median == 5)
    #expect(statistics.p95 == 5)
    #expect(statistics.samplesPerSecond == 20_000)
  }

  @Test("Median and p95 of 1…100 are those of NumPy")
  func knownAnswers() {
    var statistics = StepTimeStatistics()
    for attempt in 0..<10 { statistics.add(.make(laneA, attempt, milliseconds: 1)) }
    // 2 generates the residues modulo 101, so 1…100 come in a scattered order.
    var value = 1
    for attempt in 10..<110 {
      value = value * 2 % 101
      statistics.add(.make(laneA, attempt, milliseconds: Double(value)))
    }
    #expect(statistics.count == 100)
    #expect(statistics.median == 50.5)
    // numpy.quantile(range(1, 101), 0.95) = 95.05; 0.95 itself is not exact in binary.
    #expect(abs((statistics.p95 ?? 0) - 95.05) < 1e-9)
    #expect(statistics.quantile(0) == 1)
    #expect(statistics.quantile(1) == 100)
    #expect(statistics.quantile(1.5) == nil)
    #expect(statistics.quantile(.nan) == nil)
  }

  @Test("The window slides: the quantiles are exactly those of the last steps")
  func window() {
    var statistics = StepTimeStatistics(window: 50)
    var normal = NormalGenerator(seed: 3)
    var all: [Double] = []
    for attempt in 0..<400 {
      // Rounded, so that equal values occur.
      let duration = (20 + 4 * normal.next()).rounded()
      statistics.add(.make(laneA, attempt, milliseconds: duration))
      all.append(duration)
      guard attempt >= 10 else { continue }
      let sorted = all.dropFirst(10).suffix(50).sorted()
      let middle = sorted.count / 2
      let median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
      #expect(statistics.median == median)
    }
    #expect(statistics.count == 50)
  }

  @Test("A new segment starts afresh, and a late step of the old one is ignored")
  func segments() {
    var statistics = StepTimeStatistics()
    for attempt in 0..<20 { statistics.add(.make(laneA, attempt, milliseconds: 1, segment: 4)) }
    for attempt in 20..<31 { statistics.add(.make(laneA, attempt, milliseconds: 2, segment: 5)) }
    statistics.add(.make(laneA, 31, milliseconds: 100, segment: 4))
    #expect(statistics.segment == 5)
    #expect(statistics.count == 1)
    #expect(statistics.median == 2)
  }

  @Test("Times that are not finite and positive are ignored; skipped steps take time and bring no samples")
  func oddSteps() {
    var statistics = StepTimeStatistics()
    for attempt in 0..<10 { statistics.add(.make(laneA, attempt, milliseconds: 1)) }
    for (attempt, duration) in [Double.nan, .infinity, 0, -1].enumerated() {
      statistics.add(.make(laneA, 10 + attempt, milliseconds: duration))
    }
    #expect(statistics.count == 0)
    statistics.add(.make(laneA, 14, milliseconds: 10, committed: false))
    #expect(statistics.samplesPerSecond == 0)
    statistics.add(.make(laneA, 15, milliseconds: 10))
    #expect(statistics.samplesPerSecond == 5000)
    #expect(statistics.count == 2)
  }
}
