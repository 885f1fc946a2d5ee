package import Glibc
import Synchronization

extension PseudoTerminal {
  /// Starts a program in a session of its own, with this terminal as its input, output and errors.
  ///
  /// The environment holds nothing but what is given. `descriptor3`, where it is not -1, becomes the program's descriptor
  /// 3. Throws `Failure` where the system starts nothing.
  package func start(
    _ program: String, arguments: [String], environment: [String: String], descriptor3: Int32 = -1
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The first terminal that the leader of a session opens becomes its controlling terminal.
    posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    if descriptor3 >= 0 { posix_spawn_file_actions_adddup2(&actions, descriptor3, 3) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, which glibc shows only to GNU sources
    let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | newSession
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var started: pid_t = 0
    let status = Self.withStrings([program] + arguments) { arguments in
      Self.withStrings(environment.map { "\($0)=\($1)" }) { variables in
        descriptors.withLock { _ in posix_spawn(&started, program, &actions, &attributes, arguments, variables) }
      }
    }
    guard status == 0 else { throw Failure(description: "cannot start \(program): errno \(status)") }
    return started
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }
}
