import Glibc
import Testing
import PseudoTerminals
import TerminalTesting

/// Whatever ends the program, the terminal is as it was: a real program on a real pseudo-terminal.
struct TerminalRestoreTests {
  @Test("a signal ends the program by that signal", arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT])
  func signals(signal: Int32) throws {
    let session = try ProbeSession()
    try session.wait(forReport: "drawn")
    try session.wait(for: "the screen") { $0.terminal.privateModes[1049] == true }
    #expect(session.terminal.modes != session.modesBefore)
    kill(session.process, signal)
    #expect(try session.waitForExit() == signal)
    #expect(session.reports.last == "signal \(signal)")
    #expect(session.terminal.unrestoredModes.isEmpty)
    #expect(session.terminal.modes == session.modesBefore)
  }

  @Test(
    "exit, a trap, an abort or a fault, on any thread",
    arguments: [
      ("exit", [3 << 8]), ("exit-on-thread", [3 << 8]), ("abort-on-thread", [SIGABRT]),
      ("segmentation-fault-on-thread", [SIGSEGV]), ("stack-overflow", [SIGSEGV]),
      ("fatal-error", [SIGILL, SIGTRAP]),  // which of the two is the processor's choice
    ])
  func misbehavior(argument: String, statuses: [Int32]) throws {
    let session = try ProbeSession(arguments: [argument])
    try session.wait(forReport: "drawn")
    session.terminal.type("x")
    let status = try session.waitForExit()
    #expect(statuses.contains(status), "status \(status)")
    #expect(session.terminal.unrestoredModes.isEmpty)
    #expect(session.terminal.modes == session.modesBefore)
    if argument == "fatal-error" { #expect(session.terminal.textAfterScreen.contains("the probe was told to")) }
  }

  @Test("a program that hangs can be ended from the keyboard: Ctrl-\\ twice")
  func hang() throws {
    let session = try ProbeSession(arguments: ["hang"])
    try session.wait(forReport: "drawn")
    session.terminal.type("x")
    try session.wait(forReport: "character x")
    #expect(try session.waitForExit(sending: SIGQUIT) == SIGQUIT)
    #expect(session.terminal.unrestoredModes.isEmpty)
    #expect(session.terminal.modes == session.modesBefore)
  }

  @Test("what is printed meanwhile appears when the screen is left, not in it", arguments: ["q", "x"])
  func capturedOutput(key: String) throws {
    let session = try ProbeSession(arguments: ["exit"])
    try session.wait(forReport: "drawn")
    session.terminal.type("p")
    try session.wait(forReport: "character p")
    session.terminal.type(key)
    _ = try session.waitForExit()
    #expect(session.terminal.textAfterScreen.hasSuffix("printed while open\r\n"))
    #expect(session.terminal.text.ranges(of: "printed while open").count == 1)
  }

  @Test("a terminal that hangs up ends the program")
  func hangUp() throws {
    let session = try ProbeSession()
    try session.wait(forReport: "drawn")
    session.terminal.hangUp()
    let status = try session.waitForExit()
    #expect(status == SIGHUP || status == 1 << 8, "status \(status)")
    #expect(session.reports.last == "signal \(SIGHUP)" || session.reports.last == "hangup")
  }

  /// TerminalProbe, drawing, as a job of an interactive shell.
  private func probeInShell() throws -> ProbeSession {
    let session = try ProbeSession("/bin/sh", arguments: ["-i"], environment: ["ENV": "", "PS1": "$ "])
    session.terminal.type("'\(ProbeSession.probe)'\n")
    try session.wait(forReport: "drawn")
    return session
  }

  private func waitForShell(_ session: ProbeSession) throws {
    try session.wait(for: "the shell's prompt") {
      $0.terminal.foregroundGroup == $0.process && $0.terminal.text.hasSuffix("$ ")
    }
  }

  @Test("Ctrl-Z gives the terminal to the shell, fg gives it back")
  func jobControl() throws {
    let session = try probeInShell()
    session.terminal.type("\u{1A}")
    try waitForShell(session)
    #expect(session.terminal.unrestoredModes.isEmpty)

    session.terminal.resize(columns: 100, rows: 30)
    session.terminal.type("fg\n")
    try session.wait(forReport: "resize 100x30")
    #expect(session.reports.contains("key control(\"z\")"))
    #expect(session.terminal.privateModes[1049] == true)
    #expect(session.terminal.privateModes[1002] == true)
    #expect(session.terminal.privateModes[25] == false)

    session.terminal.type("q")
    try waitForShell(session)
    #expect(session.terminal.unrestoredModes.isEmpty)
    session.terminal.type("exit\n")
    #expect(try session.waitForExit() == 0)
  }

  @Test("a stop from outside, by SIGTSTP or even by SIGSTOP, ends in a whole screen", arguments: [SIGTSTP, SIGSTOP])
  func stopFromOutside(signal: Int32) throws {
    let session = try probeInShell()
    kill(-session.terminal.foregroundGroup, signal)
    try waitForShell(session)
    if signal == SIGTSTP { #expect(session.terminal.unrestoredModes.isEmpty) }
    let before = session.terminal.output.count
    session.terminal.type("fg\n")
    try session.wait(forReport: "resumed")
    try session.wait(for: "a redrawn screen") {
      String(decoding: $0.terminal.output[before...], as: UTF8.self).contains("probe")
    }
    #expect(session.terminal.privateModes[1049] == true)
    session.terminal.type("q")
    try waitForShell(session)
    #expect(session.terminal.unrestoredModes.isEmpty)
  }

  @Test("in the background it neither draws nor reads, and a signal still ends it", arguments: [SIGTSTP, SIGSTOP])
  func background(signal: Int32) throws {
    let session = try probeInShell()
    let probe = session.terminal.foregroundGroup
    kill(-probe, signal)
    try waitForShell(session)
    session.terminal.type("bg\n")
    try session.wait(for: "the screen left") { $0.terminal.privateModes[1049] == false }
    session.terminal.type("\n")
    try waitForShell(session)
    #expect(session.terminal.unrestoredModes.isEmpty)
    session.terminal.type("fg\n")
    try session.wait(forReport: "resumed")
    session.terminal.type("\u{1A}")
    try waitForShell(session)
    kill(-probe, SIGTERM)
    kill(-probe, SIGCONT)
    try session.wait(forReport: "signal \(SIGTERM)")
    #expect(session.terminal.unrestoredModes.isEmpty)
  }
}
