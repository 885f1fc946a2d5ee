import TrainingEvents

/// The newest diagnoses of a lane, ascending by attempt.
struct DiagnosisList: Sendable {
  /// Diagnoses that are kept for sure; up to twice as many for a while.
  static let capacity = 512

  private(set) var reports: [DiagnosisReport] = []

  /// Takes in a diagnosis; a second one of an attempt replaces the first.
  ///
  /// O(1) amortised where they come in order.
  mutating func append(_ report: DiagnosisReport) {
    let index = reports.partitionPoint { $0.attempt >= report.attempt }
    if index < reports.count, reports[index].attempt == report.attempt {
      reports[index] = report
    } else {
      reports.insert(report, at: index)
    }
    if reports.count >= 2 * DiagnosisList.capacity { reports.removeFirst(reports.count - DiagnosisList.capacity) }
  }

  /// The diagnosis of an attempt; nil where there is none.
  ///
  /// O(log n).
  subscript(attempt attempt: Int) -> DiagnosisReport? {
    let index = reports.partitionPoint { $0.attempt >= attempt }
    return index < reports.count && reports[index].attempt == attempt ? reports[index] : nil
  }

  /// The first diagnosis at an attempt or after it.
  func first(since attempt: Int) -> DiagnosisReport? {
    let index = reports.partitionPoint { $0.attempt >= attempt }
    return index < reports.count ? reports[index] : nil
  }

  /// The nearest diagnosis after an attempt, or before it.
  func neighbour(of attempt: Int, forward: Bool) -> DiagnosisReport? {
    if forward {
      let index = reports.partitionPoint { $0.attempt > attempt }
      return index < reports.count ? reports[index] : nil
    }
    let index = reports.partitionPoint { $0.attempt >= attempt }
    return index > 0 ? reports[index - 1] : nil
  }
}

extension DiagnosisReport {
  /// Layer and operation: "features.0 conv2d".
  var place: String { [layer, operation].filter { !$0.isEmpty }.joined(separator: " ") }

  /// Cause and place in a few words: "forward overflow in features.0 conv2d".
  var summary: String { "\(cause.label) in \(place)" }

  /// Whether a tensor left the range of its format.
  var isOverflow: Bool { cause == .forwardOverflow || cause == .backwardOverflow }
}

extension DiagnosisReport.Cause {
  /// The kind of failure in a few words.
  var label: String {
    switch self {
    case .data: "bad data"
    case .weights: "bad weights"
    case .forwardOverflow: "forward overflow"
    case .backwardOverflow: "backward overflow"
    case .constant: "a constant that the format has not"
    case .update: "update not finite"
    case .injected: "injected fault"
    }
  }
}
