import Synchronization
import TrainingEvents

/// What was asked of one lane since it last looked.
///
/// The last wish of a kind wins; faults add up.
final class LaneMailbox: Sendable {
  struct Mail {
    var policy: PrecisionPolicy?
    var learningRate: Double?
    var scaler: ScalerPolicy?
    var scale: Float?
    var faults: [Fault] = []
    var numerics: NumericsWish?
    var processors: [Int]?
    var compiled: CompilationResult?
    var isEmpty = true
  }

  private let mail = Mutex(Mail())

  var hasMail: Bool { mail.withLock { !$0.isEmpty } }

  func post(_ change: (inout Mail) -> Void) {
    mail.withLock {
      change(&$0)
      $0.isEmpty = false
    }
  }

  func take() -> Mail {
    mail.withLock { mail in
      defer { mail = Mail() }
      return mail
    }
  }
}

/// How often every element of every tensor is to be looked at.
struct NumericsWish: Sendable {
  /// Attempts from one look to the next; nil for never.
  var interval: Int?
}

/// A compiled step, or why there is none, handed from the compiling thread to its lane.
// @unchecked: the executable is made by one thread and used by another, never by both; the mailbox's lock hands it over.
final class CompilationResult: @unchecked Sendable {
  let policy: PrecisionPolicy
  let milliseconds: Double
  let result: Result<CompiledStep, any Error>

  init(policy: PrecisionPolicy, milliseconds: Double, result: Result<CompiledStep, any Error>) {
    self.policy = policy
    self.milliseconds = milliseconds
    self.result = result
  }
}
