import Foundation

/// Measured distances on standard error where the environment asks for them: AMPSCOPE_PARITY_REPORT=1.
enum ParityReport {
  static let isWanted = ProcessInfo.processInfo.environment["AMPSCOPE_PARITY_REPORT"] != nil

  static func line(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
