import TrainingEvents

let laneA = LaneID(0)
let laneB = LaneID(1)

extension StepReport {
  /// A report in which only what statistics look at is stated.
  static func make(
    _ lane: LaneID, _ attempt: Int, milliseconds: Double, committed: Bool = true, samples: Int = 100, segment: Int = 0
  ) -> StepReport {
    StepReport(
      lane: lane, attempt: attempt, committedStep: attempt, committed: committed,
      skipReason: committed ? nil : .nonFiniteGradient, loss: 1, scale: nil, stepsToGrowth: nil,
      stepMilliseconds: milliseconds, phases: PhaseTimes(), gradNorm: 1, learningRate: 0.1, samples: samples,
      segment: segment)
  }
}

/// A small generator of normal numbers from a seed, apart from the one under test.
struct NormalGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// A normal number by the sum of twelve uniform ones (mean 0, variance 1).
  mutating func next() -> Double {
    var sum = -6.0
    for _ in 0..<12 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      sum += Double(state >> 11) * 0x1p-53
    }
    return sum
  }
}
