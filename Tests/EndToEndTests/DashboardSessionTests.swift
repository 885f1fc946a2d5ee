import Foundation
import PseudoTerminals
import TerminalTesting
import Testing

/// The dashboard itself on a pseudo-terminal, while two lanes train.
@Suite struct DashboardSessionTests {
  /// Starts a small run and waits until both lanes are shown training.
  private static func start(columns: Int = 100, rows: Int = 30) throws -> ProbeSession {
    let session = try ProbeSession(
      Program.url.path, arguments: Array(smallRun.dropFirst()) + ["--lanes", "fp32,amp-bf16"],
      environment: ["COLORTERM": "truecolor"], columns: columns, rows: rows)
    try session.wait(for: "the lanes") { $0.terminal.text.contains("running") }
    return session
  }

  private static func isRestored(_ session: ProbeSession) -> Bool {
    session.terminal.unrestoredModes.isEmpty && session.terminal.modes == session.modesBefore
  }

  @Test("q asks while training, y leaves with 0 and a clean terminal")
  func quit() throws {
    let session = try Self.start()
    session.terminal.type("q")
    try session.wait(for: "the question") { $0.terminal.text.contains("Training is running") }
    session.terminal.type("y")
    #expect(try session.waitForExit() == 0)
    #expect(Self.isRestored(session))
  }

  @Test("a second Ctrl-C leaves at once with 130, while the lanes compute")
  func interrupt() throws {
    let session = try Self.start()
    session.terminal.type("\u{3}")
    try session.wait(for: "the question") { $0.terminal.text.contains("Training is running") }
    session.terminal.type("\u{3}")
    #expect(try session.waitForExit() == 130 << 8)
    #expect(Self.isRestored(session))
  }

  @Test("p changes the precision of lane B while it trains")
  func precision() throws {
    let session = try Self.start()
    session.terminal.type("p")
    try session.wait(for: "the change") { $0.terminal.text.contains("amp-fp16") }
    #expect(try session.waitForExit(sending: SIGTERM) == SIGTERM)
    #expect(Self.isRestored(session))
  }

  @Test(
    "signals end the process and leave a clean terminal",
    arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT])
  func signals(number: Int32) throws {
    let session = try Self.start()
    #expect(try session.waitForExit(sending: number) == number)
    #expect(Self.isRestored(session))
  }

  @Test("a terminal of one cell, and one that grows and shrinks, is survived")
  func sizes() throws {
    let session = try ProbeSession(
      Program.url.path, arguments: Array(smallRun.dropFirst()), columns: 1, rows: 1)
    for size in [(80, 24), (200, 60), (39, 9), (2, 2), (100, 30)] {
      session.terminal.resize(columns: size.0, rows: size.1)
    }
    try session.wait(for: "the lanes") { $0.terminal.text.contains("running") }
    session.terminal.type("q")
    try session.wait(for: "the question") { $0.terminal.text.contains("Training is running") }
    session.terminal.type("y")
    #expect(try session.waitForExit() == 0)
    #expect(Self.isRestored(session))
  }
}
