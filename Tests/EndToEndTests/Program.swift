import Foundation
import Testing

/// Runs the built program and collects what it says.
struct Program {
  let status: Int32
  let output: String
  let errors: String

  /// The program lies beside the test bundle.
  static var url: URL {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("ampscope")
  }

  /// Runs to the end.
  ///
  /// `signalOnOutput` sends a signal once the text appears on standard output, `signalOnErrors` on standard error.
  init(
    _ arguments: [String], environment: [String: String] = [:], signalOnOutput: (text: String, signal: Int32)? = nil,
    signalOnErrors: (text: String, signal: Int32)? = nil
  ) throws {
    let process = Process()
    process.executableURL = Program.url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (out, err) = (Pipe(), TemporaryFile())
    process.standardOutput = out
    process.standardError = try FileHandle(forWritingTo: err.url)
    if let signalOnErrors {
      let pipe = Pipe()
      process.standardError = pipe
      try process.run()
      errors = Program.read(pipe, signalOnErrors, process)
      output = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      status = Program.status(of: process)
      return
    }
    try process.run()
    output = Program.read(out, signalOnOutput, process)
    process.waitUntilExit()
    status = Program.status(of: process)
    errors = try String(contentsOf: err.url, encoding: .utf8)
  }

  /// Everything that a pipe brings; sends the signal once the text appears in it.
  private static func read(_ pipe: Pipe, _ trigger: (text: String, signal: Int32)?, _ process: Process) -> String {
    var text = ""
    var isSent = false
    while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
      text += String(decoding: data, as: UTF8.self)
      if let trigger, !isSent, text.contains(trigger.text) {
        isSent = true
        kill(process.processIdentifier, trigger.signal)
      }
    }
    return text
  }

  private static func status(of process: Process) -> Int32 {
    process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }
}

/// A file that goes with the value.
final class TemporaryFile {
  let url: URL

  init(_ suffix: String = "") {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("ampscope-\(UUID().uuidString)\(suffix)")
    _ = FileManager.default.createFile(atPath: url.path, contents: nil)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
