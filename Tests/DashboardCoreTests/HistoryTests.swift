import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("History")
struct HistoryTests {
  @Test("The pyramid answers as a scan over all samples does")
  func pyramidAgreesWithScan() {
    var pyramid = MinMaxPyramid()
    var samples: [Float] = []
    var random: UInt64 = 7
    for index in 0..<1000 {
      random = random &* 6_364_136_223_846_793_005 &+ 1
      let value: Float = index % 61 == 0 ? .nan : index % 97 == 0 ? .infinity : Float(random >> 40) - 8_000_000
      samples.append(value)
      pyramid.append(value)
    }
    for start in stride(from: -3, to: 1003, by: 7) {
      for end in stride(from: start, through: 1010, by: 31) {
        var expected = MinMaxPyramid.Extent.none
        for value in samples[max(0, min(start, 1000))..<max(0, min(end, 1000))] { expected.include(value) }
        #expect(pyramid.extent(start..<end) == expected, "\(start)..<\(end)")
      }
    }
  }

  @Test("A single spike among a million samples is in the extent of its column and of no other")
  func spikeSurvives() {
    var pyramid = MinMaxPyramid()
    for index in 0..<1_000_000 { pyramid.append(index == 654_321 ? 1000 : 1) }
    let columns = 160
    for column in 0..<columns {
      let range = column * 6250..<(column + 1) * 6250
      #expect(pyramid.extent(range).high == (range.contains(654_321) ? 1000 : 1))
    }
    #expect(pyramid.extent(0..<1_000_000) == MinMaxPyramid.Extent(low: 1, high: 1000))
  }

  @Test("Attempts that do not advance are not taken in twice")
  func outOfOrder() {
    var history = LaneHistory(smoothing: 0.9)
    let taken = [5, 5, 4, 9_000_000_000].map { history.append(step(attempt: $0)) }
    #expect(taken == [true, false, false, true])
    #expect(history.samples(in: 0..<6, unit: .steps, trainCount: 1) == 0..<1)
    #expect(history.samples(in: 6..<9_000_000_000, unit: .steps, trainCount: 1) == 1..<1)
    #expect(history.samples(in: 6..<9_000_000_001, unit: .steps, trainCount: 1) == 1..<2)
  }

  @Test("Smoothing is computed from every sample and can be redone with another weight")
  func smoothing() {
    var history = LaneHistory(smoothing: 0.5)
    for (attempt, loss) in [4.0, 2, .nan, 1].enumerated() { _ = history.append(step(attempt: attempt, loss: loss)) }
    // Debiased: 4; (4/4 + 2/2)/(3/4); NaN passes through; (4/8 + 2/4 + 1/2)/(7/8).
    #expect(history.smoothedLoss[0] == 4)
    #expect(abs(history.smoothedLoss[1] - 8.0 / 3) < 1e-6)
    #expect(history.smoothedLoss[2].isNaN)
    #expect(abs(history.smoothedLoss[3] - 12.0 / 7) < 1e-6)
    history.smooth(weight: 0)
    #expect(history.smoothedLoss[0] == 4 && history.smoothedLoss[1] == 2 && history.smoothedLoss[3] == 1)
    #expect(history.nonFiniteLoss == [2])
  }

  @Test("An axis gives every attempt one column, and that column's stretch holds it")
  func progressAxis() {
    for last in [0, 1, 5, 37, 160, 161, 999, 12_345, 1_000_000] {
      let total = Double(last + 1)
      for window in [ProgressWindow.all, .newest(100), .newest(1000), .span(first: 3, length: total / 3)] {
        for columns in [1, 3, 80, 161] {
          let axis = ProgressAxis(unit: .steps, total: total, window: window, columns: columns)
          let edges = axis.edges
          for attempt in Set([0, 1, last / 3, last / 2, last - 1, last].filter { $0 >= 0 }) {
            let holding = (0..<columns).filter { (edges[$0]..<edges[$0 + 1]).contains(Double(attempt)) }
            #expect(holding == axis.column(of: Double(attempt)).map { [$0] } ?? [], "\(attempt) of \(last) \(window)")
          }
          guard window != .span(first: 3, length: total / 3) else { continue }
          #expect(axis.column(of: Double(last)) != nil, "attempt \(last) has no column of \(columns)")
          let used = axis.column(of: Double(last)) ?? 0
          // Steps of 2^(1/4) leave at most a sixth of the columns empty; a short run is stretched at most fourfold.
          if window == .all, last * 4 > columns { #expect(Double(used + 1) >= Double(columns) * 0.8 - 1) }
        }
      }
    }
  }

  @Test("The samples of all columns at once are those of each by itself, in every unit and window, with gaps")
  func sampleColumns() {
    var history = LaneHistory(smoothing: 0.9)
    for index in 0..<700 where index % 7 != 3 && !(200..<330).contains(index) {
      let report = StepReport(
        lane: LaneID(0), attempt: index, committedStep: index, committed: index % 5 != 0, skipReason: nil, loss: 1,
        scale: nil, stepsToGrowth: nil, stepMilliseconds: 10, phases: PhaseTimes(), gradNorm: 1, learningRate: 0.1,
        samples: index < 400 ? 32 : 64, segment: 0)
      let isAppended = history.append(report, seconds: Double(index * index) / 1000)
      #expect(isAppended)
    }
    for unit in ProgressUnit.allCases {
      let last = history.attempts.count - 1
      let total = history.place(of: last, unit: unit, trainCount: 1000)
      for window in [ProgressWindow.all, .newest(total / 3), .span(first: total / 4, length: total / 9)] {
        for across in [1, 2] {
          let axis = ProgressAxis(unit: unit, total: total, window: window, columns: 60 * across)
          let columns = SampleColumns(of: history, on: axis, trainCount: 1000, across: across)
          let edges = axis.edges
          for column in 0..<axis.columns {
            let expected = history.samples(in: edges[column]..<edges[column + 1], unit: unit, trainCount: 1000)
            #expect(columns[column] == expected, "\(unit) \(window) \(column)")
          }
          for cell in 0..<60 {
            let range = columns[cell * across].lowerBound..<columns[(cell + 1) * across - 1].upperBound
            #expect(columns[cell: cell] == range)
            let skipped = history.skipped.count { skip in range.contains { history.attempts[$0] == skip } }
            #expect(columns.count(history.skipped, of: history, inCell: cell) == skipped)
          }
        }
      }
    }
  }

  @Test("The element of a rank is the one that sorting would put there")
  func selection() {
    var random = SystemRandomNumberGenerator()
    for count in [1, 2, 3, 10, 101] {
      for limit in [1.0, 3, 1e9] {
        let values = (0..<count).map { _ in Double.random(in: 0...limit, using: &random).rounded() }
        for rank in [0, count / 2, count - 1] {
          var copy = values
          let found = copy.element(ofRank: rank)
          #expect(found == values.sorted()[rank], "\(values)")
        }
      }
    }
    var infinite = [Double.infinity, -1, .infinity, 3]
    let (second, last) = (infinite.element(ofRank: 1), infinite.element(ofRank: 3))
    #expect(second == 3 && last == .infinity)
  }

  @Test("Samples, time and epochs place an attempt, also where the batch changed")
  func units() {
    var history = LaneHistory(smoothing: 0.5)
    for attempt in 0..<6 {
      var report = step(attempt: attempt)
      report.samples = attempt < 3 ? 10 : 50
      // A clock that steps back does not turn the axis around.
      _ = history.append(report, seconds: attempt == 4 ? 0.1 : Double(attempt) * 0.5)
    }
    #expect((0..<6).map { history.place(of: $0, unit: .samples, trainCount: 100) } == [0, 10, 20, 30, 80, 130])
    #expect(history.place(of: 5, unit: .epochs, trainCount: 100) == 1.3)
    #expect((0..<6).map { history.place(of: $0, unit: .time, trainCount: 1) } == [0, 0.5, 1, 1.5, 1.5, 2.5])
    #expect(history.samples(in: 15..<80, unit: .samples, trainCount: 1) == 2..<4)
    #expect(history.samples(in: 0.2..<9, unit: .epochs, trainCount: 100) == 2..<6)
    #expect(history.index(atOrBefore: 4) == 4 && history.index(atOrBefore: 99) == 5)
    #expect(history.index(atOrBefore: -1) == nil)
  }

  @Test("The difference to the baseline is taken at equal attempts, whichever lane is ahead")
  func difference() {
    var (own, base) = (LaneHistory(smoothing: 0), LaneHistory(smoothing: 0))
    var difference = LossDifference()
    for attempt in [0, 1, 3] { _ = own.append(step(attempt: attempt, loss: Double(attempt) + 0.5)) }
    difference.advance(own: own, baseline: base)
    #expect(difference.indices.isEmpty)
    for attempt in 0..<3 { _ = base.append(step(attempt: attempt, loss: Double(attempt))) }
    difference.advance(own: own, baseline: base)
    _ = base.append(step(attempt: 3, loss: .nan))
    difference.advance(own: own, baseline: base)
    #expect(difference.indices == [0, 1, 2] && difference.raw.samples.prefix(2) == [0.5, 0.5])
    #expect(difference.raw.samples[2].isNaN && difference.smoothed[1] == 0.5)
    #expect(difference.entries(in: 1..<3) == 1..<3 && difference.entries(in: 5..<9) == 3..<3)
  }

  @Test("Differences are found by the lane's samples, also where the baseline made only some of the attempts")
  func differenceEntries() {
    let made: [(own: [Int], base: [Int])] = [
      (Array(0..<60), Array(0..<60)), (Array(0..<60), Array(20..<60)), (Array(0..<60), (0..<60).filter { $0 % 7 > 2 }),
      (Array(30..<60), Array(0..<45)),
    ]
    for (ownAttempts, baseAttempts) in made {
      var (own, base) = (LaneHistory(smoothing: 0), LaneHistory(smoothing: 0))
      for attempt in ownAttempts { _ = own.append(step(attempt: attempt)) }
      for attempt in baseAttempts { _ = base.append(step(attempt: attempt)) }
      var difference = LossDifference()
      difference.advance(own: own, baseline: base)
      for first in 0...own.attempts.count {
        for end in first...own.attempts.count + 2 {
          let entries = difference.entries(in: first..<end)
          let expected = difference.indices.indices.filter { (first..<end).contains(Int(difference.indices[$0])) }
          #expect(Array(entries) == expected)
        }
      }
    }
  }

  private func step(attempt: Int, loss: Double = 1) -> StepReport {
    StepReport(
      lane: LaneID(0), attempt: attempt, committedStep: attempt, committed: true, skipReason: nil, loss: loss,
      scale: nil, stepsToGrowth: nil, stepMilliseconds: 1, phases: PhaseTimes(), gradNorm: 1, learningRate: 0.1,
      samples: 1, segment: 0)
  }
}
