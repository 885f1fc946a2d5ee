import DequeModule
import TrainingEvents

/// The newest lines of the event log.
struct EventLog: Sendable {
  /// Lines kept.
  static let capacity = 1000

  /// One line.
  struct Line: Sendable, Hashable {
    /// Seconds since 1970.
    var time: Double
    /// The lane concerned; nil where it is the session.
    var lane: LaneID?
    var text: String
    var severity: Severity
  }

  /// How much a line wants to be seen.
  enum Severity: Sendable, Hashable { case quiet, normal, good, warning, bad }

  private(set) var lines: Deque<Line> = []

  /// Appends a line; the oldest goes when there are too many.
  ///
  /// O(1).
  mutating func append(_ line: Line) {
    lines.append(line)
    if lines.count > EventLog.capacity { lines.removeFirst() }
  }
}
