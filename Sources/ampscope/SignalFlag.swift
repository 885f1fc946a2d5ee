import Glibc
import Synchronization

/// The first signal that asked the program to end, for loops that look between two steps.
enum SignalFlag {
  private static let received = Atomic<Int32>(0)

  /// Takes SIGINT, SIGTERM and SIGHUP. A second one ends the program at once.
  static func install() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { SignalFlag.note($0) }
    }
    // A reader that went away is a write error, not a signal.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Runs in the handler: touches one atomic, nothing else.
  private static func note(_ number: Int32) {
    if received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
  }

  /// The signal; nil where none came.
  static var current: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
