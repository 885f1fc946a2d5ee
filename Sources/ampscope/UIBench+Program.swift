import Benchmarks
import Foundation
import PseudoTerminals

/// The program itself, on a terminal of its own.
extension UIBench {
  /// Milliseconds from starting the program to the end of its first frame.
  func firstFrames() throws -> [Double] {
    try (0..<effort.starts).map { index in
      try UIBench.checkSignals()
      progress("first frame \(index + 1)/\(effort.starts)")
      let start = ContinuousClock.now
      let program = try MeasuredProgram(["--data", "glyphs"])
      try program.wait(for: "╭")
      return (ContinuousClock.now - start) / .milliseconds(1)
    }
  }

  /// Milliseconds from a key to the frame that answers it, while two lanes keep all processors busy.
  ///
  /// The key opens the help, whose text is nowhere else on the screen; Enter closes it.
  func keyLatencies() throws -> [Double] {
    progress("keys: waiting for the lanes")
    let program = try MeasuredProgram(
      ["--data", "glyphs", "--lanes", "fp32,amp-bf16", "--schedule", "concurrent"])
    try program.wait(for: "running")
    return try (0..<effort.keys).map { index in
      try UIBench.checkSignals()
      progress("key \(index + 1)/\(effort.keys)")
      // Keys come at any time between two frames, not in step with them.
      try program.settle(milliseconds: 150 + Double(index * 37 % 100))
      let start = ContinuousClock.now
      program.type("?")
      try program.wait(for: "pick precision from a list")
      let latency = (ContinuousClock.now - start) / .milliseconds(1)
      program.type("\r")
      return latency
    }
  }
}

/// This program as a child, with settings of its own, ended when it is let go.
private final class MeasuredProgram {
  private let terminal: PseudoTerminal
  private let process: pid_t
  private let folder: URL
  private var seen = 0

  init(_ arguments: [String]) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ampscope-bench-\(UUID().uuidString)")
    terminal = try PseudoTerminal(columns: 180, rows: 50)
    let own = [
      "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "NO_COLOR": "",
      "XDG_CONFIG_HOME": folder.path, "XDG_STATE_HOME": folder.path,
    ]
    process = try terminal.start(
      "/proc/\(getpid())/exe", arguments: arguments,
      environment: ProcessInfo.processInfo.environment.merging(own) { $1 })
  }

  deinit {
    kill(process, SIGTERM)
    // A terminal that is full would keep it from leaving.
    while waitpid(process, nil, WNOHANG) == 0 { terminal.pump(milliseconds: 5) }
    try? FileManager.default.removeItem(at: folder)
  }

  func type(_ text: String) { terminal.type(text) }

  /// Takes output until a whole frame with a text in it has come.
  func wait(for text: String) throws {
    let deadline = ContinuousClock.now + .seconds(120)
    let endOfFrame = Array("\u{1B}[?2026l".utf8)
    while ContinuousClock.now < deadline {
      try UIBench.checkSignals()
      let output = terminal.output
      if let place = output.firstIndex(of: Array(text.utf8), from: seen),
        let end = output.firstIndex(of: endOfFrame, from: place)
      {
        seen = end
        return
      }
      terminal.pump(milliseconds: 20)
      var status: Int32 = 0
      guard waitpid(process, &status, WNOHANG) == 0 else { break }
    }
    let tail = String(decoding: terminal.output.suffix(300), as: UTF8.self).filter { !$0.isASCII || $0 >= " " }
    throw BenchmarkError.failed(name: "dashboard", reason: "\"\(text)\" never came; its output ends in: \(tail)")
  }

  /// Takes output for a while; what came is looked at no more.
  func settle(milliseconds: Double) throws {
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    while case let rest = end - ContinuousClock.now, rest > .zero {
      terminal.pump(milliseconds: Int32(rest / .milliseconds(1)) + 1)
    }
    seen = terminal.output.count
  }
}

extension [UInt8] {
  /// Where a piece begins, looked for from an index on; nil where it does not occur.
  fileprivate func firstIndex(of piece: [UInt8], from start: Int) -> Int? {
    guard let first = piece.first, count >= piece.count else { return nil }
    var index = start
    while index + piece.count <= count {
      if self[index] == first, self[index..<index + piece.count].elementsEqual(piece) { return index }
      index += 1
    }
    return nil
  }
}
