import Synchronization
import TrainingEvents

/// What was asked of one lane since it last looked.
///
/// The last wish of a kind wins.
final class LaneMailbox: Sendable {
  struct Mail {
    var precision: Precision?
    var learningRate: Double?
    var processors: [Int]?
    var compiled: CompilationResult?

    var isEmpty: Bool { precision == nil && learningRate == nil && processors == nil && compiled == nil }
  }

  private let mail = Mutex(Mail())

  var hasMail: Bool { mail.withLock { !$0.isEmpty } }

  func post(_ change: (inout Mail) -> Void) { mail.withLock { change(&$0) } }

  func take() -> Mail {
    mail.withLock { mail in
      defer { mail = Mail() }
      return mail
    }
  }
}

/// A compiled step, or why there is none, handed from the compiling thread to its lane.
// @unchecked: the executable is made by one thread and used by another, never by both; the mailbox's lock hands it over.
final class CompilationResult: @unchecked Sendable {
  let precision: Precision
  let milliseconds: Double
  let result: Result<CompiledStep, any Error>

  init(precision: Precision, milliseconds: Double, result: Result<CompiledStep, any Error>) {
    self.precision = precision
    self.milliseconds = milliseconds
    self.result = result
  }
}
