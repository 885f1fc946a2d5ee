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
  /// `signalOnOutput` sends a signal once the text appears on standard output.
  init(
    _ arguments: [String], environment: [String: String] = [:], signalOnOutput: (text: String, signal: Int32)? = nil
  ) throws {
    let process = Process()
    process.executableURL = Program.url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (out, err) = (Pipe(), TemporaryFile())
    process.standardOutput = out
    process.standardError = try FileHandle(forWritingTo: err.url)
    try process.run()
    var text = ""
    var isSent = false
    while case let data = out.fileHandleForReading.availableData, !data.isEmpty {
      text += String(decoding: data, as: UTF8.self)
      if let signalOnOutput, !isSent, text.contains(signalOnOutput.text) {
        isSent = true
        kill(process.processIdentifier, signalOnOutput.signal)
      }
    }
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    output = text
    errors = try String(contentsOf: err.url, encoding: .utf8)
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
