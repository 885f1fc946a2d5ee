import Foundation
import PseudoTerminals
import TerminalTesting
import Testing

/// Keys, commands and the mouse in the real program, while two lanes train.
@Suite struct DashboardKeysTests {
  @Test("the numerics pane: shown and focused, details, views, kinds, what-if, a layer kept in fp32")
  func numerics() throws {
    let program = try DashboardProgram()
    program.type("8")
    try program.see("no details: i")
    program.type(":preset numerics\r")
    program.type("i")
    try program.see("details every")
    program.type("f")
    try program.see("what if")
    program.type("kkk")
    try program.see("d act")
    program.type("wwWd")
    try program.see("+1 fp32")
    program.type("H")
    try program.see("amax in")
    try program.quit()
  }

  @Test("a key sent together with Escape, as Alt does too, is Escape and that key")
  func escapeAndKey() throws {
    let program = try DashboardProgram()
    program.type("?")
    try program.see("pick precision from a list")
    program.type("\u{1B}8")
    try program.see("no details: i")
    try program.quit()
  }

  @Test("commands are typed, completed, refused with a reason, and reach the lanes")
  func commands() throws {
    let file = TemporaryFile(".jsonl")
    let program = try DashboardProgram(["--lanes", "fp32,amp-bf16", "--jsonl", file.url.path])
    program.type(":nonsense\r")
    try program.see("no command")
    program.type(":x-a\ttime\r")
    try program.see(" time ")
    program.type(":set x-scale log\r")
    try program.see("log x")
    program.type(":lr 0.25 B\r:fault lr*0.5/A\r")
    try program.see("fault lr*0.5")
    try program.quit()
    let lines = try String(contentsOf: file.url, encoding: .utf8)
    #expect(lines.contains("\"lr\":0.25") && lines.contains("\"fault\""))
  }

  @Test("the list of precisions: one that rounds is asked about; n leaves the lane, y rounds it")
  func picker() throws {
    let program = try DashboardProgram()
    program.type("P")
    try program.see("precision of lane B")
    program.type("7")
    try program.see("masters: both are rounded once")
    program.type("n")
    try program.see("B amp-bf16")
    program.type(":precision bf16 B\r")
    try program.see("bf16 in lane B?")
    program.type("y")
    try program.see("B bf16")
    try program.quit()
  }

  @Test("Enter says why the newest attempt was skipped")
  func drillDown() throws {
    // The scale grows at every step that is committed, so that the newest message says of a skip however late it is read.
    let program = try DashboardProgram([
      "--lanes", "fp32,amp-fp16", "--init-scale", "1e30", "--growth-interval", "1",
    ])
    try program.session.wait(for: "a skip") { $0.terminal.text.contains("skipped:") }
    program.type("\r")
    try program.session.wait(for: "the reason") { $0.terminal.text.contains("why lane B skipped") }
    program.type("\r")
    try program.quit()
  }

  @Test("the mouse as tmux passes it on: the wheel zooms, a drag reads, a press focuses")
  func mouse() throws {
    let program = try DashboardProgram(terminal: "tmux-256color")
    program.type("L")
    try program.see("log x")
    program.type("\u{1B}[<0;30;12M\u{1B}[<0;30;12m")
    try program.see("▷ B")
    // About the newest end, where the window moves on with the run.
    for _ in 0..<4 { program.type("\u{1B}[<64;66;12M") }
    try program.see("last ")
    program.type("\u{1B}[<32;35;12M\u{1B}[<0;35;12m")
    try program.see("Δ")
    try program.quit()
  }

  @Test("Ctrl-Z gives the terminal to the shell while lanes train, and fg goes on where it was")
  func suspend() throws {
    let session = try ProbeSession(
      "/bin/sh", arguments: ["-i"], environment: ["ENV": "", "PS1": "$ "], columns: 120, rows: 40)
    let arguments = smallRun.dropFirst().map { "'\($0)'" }.joined(separator: " ")
    session.terminal.type("'\(Program.url.path)' \(arguments)\n")
    try session.wait(for: "the lanes") { $0.terminal.text.contains("running") }
    session.terminal.type("\u{1A}")
    func waitForShell() throws {
      try session.wait(for: "the shell's prompt") {
        $0.terminal.foregroundGroup == $0.process && $0.terminal.text.hasSuffix("$ ")
      }
    }
    try waitForShell()
    #expect(session.terminal.unrestoredModes.isEmpty)
    let before = session.terminal.output.count
    session.terminal.type("fg\n")
    try session.wait(for: "the whole screen again") {
      String(decoding: $0.terminal.output[before...], as: UTF8.self).contains("avg loss")
    }
    #expect(session.terminal.privateModes[1049] == true)
    session.terminal.type("q")
    try session.wait(for: "the question") { $0.terminal.text.contains("Training is running") }
    session.terminal.type("y")
    try waitForShell()
    #expect(session.terminal.unrestoredModes.isEmpty)
    session.terminal.type("exit\n")
    #expect(try session.waitForExit() == 0)
  }
}
