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
    #expect(history.samples(in: 0..<6) == 0..<1)
    #expect(history.samples(in: 6..<9_000_000_000) == 1..<1)
    #expect(history.samples(in: 6..<9_000_000_001) == 1..<2)
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

  @Test("An axis gives every attempt one column, and that column's range holds it")
  func attemptAxis() {
    for last in [0, 1, 5, 37, 160, 161, 999, 12_345, 1_000_000] {
      for window in [AttemptWindow.all, AttemptWindow(attempts: 100), AttemptWindow(attempts: 1000)] {
        for columns in [1, 3, 80, 161] {
          let axis = AttemptAxis(last: last, window: window, columns: columns)
          var next = axis.first
          for column in 0..<columns {
            let range = axis.attempts(at: column)
            #expect(range.lowerBound == next)
            next = range.upperBound
            if let attempt = range.first, attempt <= last { #expect(axis.column(of: attempt) == column) }
          }
          #expect(next > last, "attempt \(last) has no column of \(columns)")
          let used = axis.column(of: last) ?? 0
          // Steps of 2^(1/4) leave at most a sixth of the columns empty; a short run is stretched at most fourfold.
          if window == .all, last * 4 > columns { #expect(Double(used + 1) >= Double(columns) * 0.8 - 1) }
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
