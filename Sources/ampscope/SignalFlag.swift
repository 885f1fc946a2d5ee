import Glibc
import Synchronization

/// The first signal that asked the program to end, for loops that look between two steps.
enum SignalFlag {
  private static let received = Atomic<Int32>(0)

  /// Takes SIGINT, SIGTERM and SIGHUP.
  ///
  /// A second one ends the program at once.
  ///
  /// A parent may have blocked them, or, as nohup does, ignored SIGHUP: the mask is lifted, the wish to ignore is kept.
  static func install() {
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      sigaddset(&mask, number)
      let previous = signal(number) { SignalFlag.note($0) }
      let wasIgnored = unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
      if number == SIGHUP, wasIgnored { signal(number, SIG_IGN) }
    }
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
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
