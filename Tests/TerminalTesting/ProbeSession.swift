package import Glibc
package import PseudoTerminals
import Synchronization

/// A program in a session of its own on a pseudo-terminal, usually TerminalProbe, and the lines it writes to
/// descriptor 3.
package final class ProbeSession {
  package let terminal: PseudoTerminal
  /// The terminal's modes before the program started.
  package let modesBefore: String
  /// The lines so far.
  package private(set) var reports: [String] = []
  /// The process that was started.
  package let process: pid_t
  private let pipe: Int32
  private var partialLine = ""
  private var reportsEnded = false

  /// Far longer than anything here takes; only a test that fails waits for it.
  private static let patience = Duration.seconds(120)

  /// The path of TerminalProbe, which is built beside the tests.
  package static var probe: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let tests = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    return tests[..<(tests.lastIndex(of: "/") ?? tests.startIndex)] + "/TerminalProbe"
  }

  /// Starts a program, TerminalProbe unless another is given.
  ///
  /// The environment holds nothing but what is given here, a
  /// UTF-8 locale and no Swift backtraces.
  package init(
    _ program: String = ProbeSession.probe, arguments: [String] = [], environment: [String: String] = [:],
    columns: Int = 80, rows: Int = 24
  ) throws {
    terminal = try PseudoTerminal(columns: columns, rows: rows)
    modesBefore = terminal.modes
    var ends: [Int32] = [-1, -1]
    let made = descriptors.withLock { _ in
      let status = Glibc.pipe(&ends)
      ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
      return status == 0
    }
    guard made else { throw PseudoTerminal.Failure(description: "no pipe: errno \(errno)") }
    pipe = ends[0]
    defer { close(ends[1]) }

    let standard = ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"]
    process = try terminal.start(
      program, arguments: arguments, environment: standard.merging(environment) { $1 }, descriptor3: ends[1])
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    close(pipe)
  }

  /// Handles output and reports until a condition holds.
  package func wait(for what: String, until holds: (ProbeSession) -> Bool) throws {
    let deadline = ContinuousClock.now + Self.patience
    while !holds(self) {
      guard ContinuousClock.now < deadline else {
        throw PseudoTerminal.Failure(
          description: "\(what) did not come; reports: \(reports); output ends in: \(terminal.text.suffix(300))")
      }
      if terminal.pump(alsoWatching: reportsEnded ? -1 : pipe, milliseconds: 20) { readReports() }
    }
  }

  /// Waits for a line.
  package func wait(forReport line: String) throws {
    try wait(for: "the report \"\(line)\"") { $0.reports.contains(line) }
  }

  /// Waits for the end of the process and returns its wait status: its exit code times 256, or its signal.
  ///
  /// Bit 7, a core dump, is left out. A signal given is sent again and again until then.
  package func waitForExit(sending signal: Int32 = 0) throws -> Int32 {
    var status: Int32 = 0
    try wait(for: "the end of the process") {
      if waitpid($0.process, &status, WNOHANG) == $0.process { return true }
      kill($0.process, signal)
      return false
    }
    while !reportsEnded, terminal.pump(alsoWatching: pipe, milliseconds: 0) { readReports() }
    for _ in 0..<100 {
      let before = terminal.output.count
      terminal.pump(milliseconds: 0)
      if terminal.output.count == before { break }
    }
    return status & ~0x80
  }

  private func readReports() {
    var piece = [UInt8](repeating: 0, count: 4096)
    let count = read(pipe, &piece, piece.count)
    guard count > 0 else {
      reportsEnded = true
      return
    }
    var lines = (partialLine + String(decoding: piece[..<count], as: UTF8.self))
      .split(separator: "\n", omittingEmptySubsequences: false)
    partialLine = lines.popLast().map { String($0) } ?? ""
    reports += lines.map { String($0) }
  }
}
