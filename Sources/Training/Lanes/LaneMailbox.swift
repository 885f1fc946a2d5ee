import BackendAPI
import GraphIR
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
    var batchSize: Int?
    var clipping: [GradientClipping]?
    var headroom: HeadroomResult?
    var clones: [CloneRequest] = []
    var isDropped = false
    var compiled: CompilationResult?
    var isEmpty = true
    /// Whether the lane reads no more.
    var isClosed = false
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

  /// Asks for a copy of the lane; refused at once where it reads no more.
  func post(_ request: CloneRequest) {
    let isClosed = mail.withLock { mail in
      if !mail.isClosed {
        mail.clones.append(request)
        mail.isEmpty = false
      }
      return mail.isClosed
    }
    if isClosed { request.refuse() }
  }

  /// Reads no more: who waits for a copy is told so.
  func close() {
    let requests = mail.withLock { mail in
      defer { mail.clones = [] }
      mail.isClosed = true
      return mail.clones
    }
    for request in requests { request.refuse() }
  }
}

/// Asks a lane for a copy of what it is, at its next step boundary.
final class CloneRequest: Sendable {
  /// What a new lane goes on from.
  struct Copy {
    var state: any DeviceState
    var attempt: Int
    var learningRate: Double
    var scaler: ScalerPolicy
    var policy: PrecisionPolicy
    var configuration: Trainer.Configuration
  }

  private enum Answer {
    case copy(Copy)
    case refusal
  }

  /// The lane that is to join.
  let lane: LaneID
  // Handed from one thread to another by the monitor's lock.
  private let answer = Monitor<Answer?>(nil)

  init(lane: LaneID) { self.lane = lane }

  func fulfil(_ copy: Copy) { answer.update { $0 = .copy(copy) } }

  func refuse() { answer.update { $0 = .refusal } }

  /// Waits for the answer; nil where the lane has ended.
  func wait() -> Copy? {
    answer.wait { answer -> Copy?? in
      switch answer {
      case nil: nil
      case .copy(let copy)?: .some(copy)
      case .refusal?: .some(nil)
      }
    }
  }
}

/// The largest batch of a lane's policy within the baseline's bytes, as it was planned.
struct HeadroomResult: Sendable {
  var question: HeadroomQuestion
  var batchSize: Int?
}

/// What a lane's headroom depends on.
struct HeadroomQuestion: Sendable, Hashable {
  var policy: PrecisionPolicy
  var bytes: Int
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
  let configuration: Trainer.Configuration
  let milliseconds: Double
  let result: Result<CompiledStep, any Error>

  init(
    policy: PrecisionPolicy, configuration: Trainer.Configuration, milliseconds: Double,
    result: Result<CompiledStep, any Error>
  ) {
    self.policy = policy
    self.configuration = configuration
    self.milliseconds = milliseconds
    self.result = result
  }
}
