import BackendAPI
import Training
import TrainingEvents

/// Trainers that step in turns on the calling thread's team: A B, then B A, so that a drift of the machine cancels.
struct AlternatingTrainers {
  let trainers: [Trainer]
  /// Timed steps of each.
  private(set) var milliseconds: [[Double]]
  /// Timed steps of each that committed nothing.
  private(set) var skipped: [Int]
  private let shouldStop: () -> Bool

  /// Takes trainers; `shouldStop` is asked before each step, and true gives the bench up.
  init(_ trainers: [Trainer], shouldStop: @escaping () -> Bool) {
    self.trainers = trainers
    self.shouldStop = shouldStop
    milliseconds = trainers.map { _ in [] }
    skipped = trainers.map { _ in 0 }
  }

  /// `count` steps of every trainer.
  ///
  /// Throws what a step throws, and `BenchmarkError.givenUp`.
  mutating func run(_ count: Int, isTimed: Bool) throws {
    for number in 0..<count {
      let order = Array(trainers.indices)
      for index in number.isMultiple(of: 2) ? order : order.reversed() {
        if shouldStop() { throw BenchmarkError.givenUp }
        let result = try trainers[index].step()
        guard isTimed else { continue }
        milliseconds[index].append(result.totalMilliseconds)
        if !result.isCommitted { skipped[index] += 1 }
      }
    }
  }
}

extension Trainer {
  convenience init(_ configuration: Configuration, policy: PrecisionPolicy, backend: any Backend) throws {
    try self.init(configuration, precision: policy.mode, overrides: policy.overrides, backend: backend)
  }
}
