/// What the horizontal axis of charts counts.
enum ProgressUnit: String, CaseIterable, Sendable, Hashable {
  /// Attempted steps.
  case steps
  /// Samples trained on before the step.
  case samples
  /// Seconds since the session began.
  case time
  /// Samples over the size of the training set.
  case epochs

  /// Word at the end of the axis.
  var label: String {
    switch self {
    case .steps: "attempt"
    case .samples: "samples"
    case .time: "time"
    case .epochs: "epochs"
    }
  }

  /// The next in turn.
  var next: ProgressUnit {
    let all = ProgressUnit.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }

  /// A length of the axis in words: "last 500", "last 2:30".
  func lengthText(_ length: Double) -> String {
    switch self {
    case .steps, .samples: Format.grouped(Int(min(max(length, 0), 1e15).rounded()))
    case .time: Format.duration(length)
    case .epochs: Format.significant(length)
    }
  }
}

/// Samples that a lane had trained on before each attempt.
///
/// Batches change seldom, if at all: a run of equal ones takes one entry.
struct SampleCount: Sendable, Hashable {
  private struct Run: Sendable, Hashable {
    var first: Int
    var before: Double
    var batch: Int
  }

  private var runs: [Run] = []

  /// Appends the batch of attempt `index`, the one after the last.
  ///
  /// O(1).
  mutating func append(batch: Int, at index: Int) {
    let size = max(0, batch)
    guard let last = runs.last else { return runs.append(Run(first: index, before: 0, batch: size)) }
    if last.batch != size { runs.append(Run(first: index, before: before(index), batch: size)) }
  }

  /// Samples before attempt `index`.
  ///
  /// O(runs) from the newest on.
  func before(_ index: Int) -> Double {
    guard let run = runs.last(where: { $0.first <= index }) else { return 0 }
    return run.before + Double(index - run.first) * Double(run.batch)
  }
}
