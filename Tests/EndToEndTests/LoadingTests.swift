import Foundation
import PseudoTerminals
import TerminalTesting
import Testing

/// The dashboard before there is a session: it is drawn at once, and left at once, whatever the data take.
@Suite struct LoadingTests {
  /// A pipe that nobody writes to: a program that opens it for reading waits for ever.
  private final class SlowFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("ampscope-\(UUID().uuidString)").path

    init() { mkfifo(path, 0o600) }

    deinit { unlink(path) }

    /// Waits until somebody reads, then writes a text and closes.
    ///
    /// A reader that saw enough before the text came is gone by then, and must not end the tests by a signal: SIGPIPE goes to
    /// the thread that writes, which holds it back and takes it away.
    func answer(_ text: String) throws {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      var (pipe, before) = (sigset_t(), sigset_t())
      sigemptyset(&pipe)
      sigaddset(&pipe, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &pipe, &before)
      try? handle.write(contentsOf: Data(text.utf8))
      var none = timespec()
      sigtimedwait(&pipe, nil, &none)
      pthread_sigmask(SIG_SETMASK, &before, nil)
      try handle.close()
    }
  }

  private static func start(_ arguments: [String]) throws -> ProbeSession {
    let session = try ProbeSession(Program.url.path, arguments: arguments, columns: 100, rows: 30)
    // The border of the header: a whole frame comes in one write.
    try session.wait(for: "the first frame") { $0.terminal.text.contains("╭") }
    return session
  }

  private static func isRestored(_ session: ProbeSession) -> Bool {
    session.terminal.unrestoredModes.isEmpty && session.terminal.modes == session.modesBefore
  }

  @Test("the first frame comes before the data are opened, says what is loaded, and q leaves with 0")
  func firstFrame() throws {
    let data = SlowFile()
    let session = try Self.start(["--batches", data.path])
    #expect(session.terminal.text.contains("loading \((data.path as NSString).lastPathComponent)"))
    session.terminal.type("q")
    #expect(try session.waitForExit() == 0)
    #expect(Self.isRestored(session))
  }

  @Test("Ctrl-C while loading leaves at once with 130")
  func interrupt() throws {
    let data = SlowFile()
    let session = try Self.start(["--batches", data.path])
    session.terminal.type("\u{3}")
    #expect(try session.waitForExit() == 130 << 8)
    #expect(Self.isRestored(session))
  }

  @Test("a signal while loading ends the process by it")
  func signal() throws {
    let data = SlowFile()
    let session = try Self.start(["--batches", data.path])
    #expect(try session.waitForExit(sending: SIGTERM) == SIGTERM)
    #expect(Self.isRestored(session))
  }

  @Test("data that turn out broken end the program with 1 and a message on the normal screen")
  func broken() throws {
    let data = SlowFile()
    let session = try Self.start(["--batches", data.path])
    try data.answer("no tensors")
    #expect(try session.waitForExit() == 1 << 8)
    #expect(Self.isRestored(session))
    #expect(session.terminal.textAfterScreen.contains("ampscope: \(data.path)"))
  }

  @Test("an option that names nothing in the network ends it with 2, as without a dashboard")
  func usage() throws {
    let session = try Self.start(Array(smallRun.dropFirst()) + ["--keep-fp32", "no-such-layer"])
    #expect(try session.waitForExit() == 2 << 8)
    #expect(Self.isRestored(session))
    #expect(session.terminal.textAfterScreen.contains("--keep-fp32"))
  }

  @Test("what can be refused without reading anything is refused before the screen opens")
  func earlyUsage() throws {
    let session = try ProbeSession(Program.url.path, arguments: ["--steps", "0"])
    #expect(try session.waitForExit() == 2 << 8)
    #expect(!session.terminal.text.contains("␛[?1049h"))
  }

  @Test("a recorded run is read behind the first frame too")
  func replay() throws {
    let file = TemporaryFile(".jsonl")
    try Data("{}\n".utf8).write(to: file.url)
    let session = try Self.start(["replay", file.url.path])
    #expect(session.terminal.text.contains("reading \(file.url.lastPathComponent)"))
    #expect(try session.waitForExit() == 1 << 8)
    #expect(session.terminal.textAfterScreen.contains("line 1 is no event"))
  }
}
