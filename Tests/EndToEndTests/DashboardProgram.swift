import Foundation
import PseudoTerminals
import TerminalTesting
import Testing

/// The dashboard on a pseudo-terminal, with settings of its own: keys in, what is on the screen out.
final class DashboardProgram {
  let session: ProbeSession
  private let folder: URL

  /// Starts a small run and waits until its lanes train.
  init(_ arguments: [String] = ["--lanes", "fp32,amp-bf16"], terminal type: String = "xterm-256color") throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ampscope-\(UUID().uuidString)")
    session = try ProbeSession(
      Program.url.path, arguments: Array(smallRun.dropFirst()) + arguments,
      environment: ["TERM": type, "XDG_CONFIG_HOME": folder.path, "XDG_STATE_HOME": folder.path], columns: 120, rows: 40
    )
    try session.wait(for: "the lanes") { $0.terminal.text.contains("running") }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Types keys.
  func type(_ keys: String) { session.terminal.type(keys) }

  /// Waits until a text stands on the screen.
  ///
  /// Only what changes is sent to a terminal, so the whole screen is asked for (Ctrl-L) until the text is in it.
  func see(_ text: String) throws {
    var asked = -1
    try session.wait(for: "\"\(text)\" on the screen") { session in
      let output = session.terminal.output
      if asked < 0 {
        asked = output.count
        session.terminal.type("\u{C}")
        return false
      }
      let new = String(decoding: output[asked...], as: UTF8.self)
      if new.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]|\u{1B}\(B/, with: "").contains(text) { return true }
      // A frame came without it: the next one is asked for.
      if new.contains("\u{1B}[?2026l") { asked = -1 }
      return false
    }
  }

  /// Leaves through the question, and checks that the terminal is as it was.
  func quit() throws {
    type("q")
    try session.wait(for: "the question") { $0.terminal.text.contains("Training is running") }
    type("y")
    #expect(try session.waitForExit() == 0)
    #expect(session.terminal.unrestoredModes.isEmpty && session.terminal.modes == session.modesBefore)
  }
}
