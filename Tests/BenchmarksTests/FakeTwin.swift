import Foundation

@testable import Benchmarks

/// A stand-in for Python and the twins, with a folder that goes with it.
final class FakeTwin {
  /// What `--python` names.
  static let python = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/fake_twin.sh").path
  /// What `--twins` names: files that nobody reads.
  let twins: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ampscope-twins-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    twins = folder.path
    for file in TwinProcess.files { try Data().write(to: folder.appendingPathComponent(file)) }
  }

  deinit { try? FileManager.default.removeItem(atPath: twins) }

  /// Starts the stand-in with settings of its script.
  func process(_ settings: [String: String] = [:], limit: Duration = .seconds(60)) throws -> TwinProcess {
    try TwinProcess(python: FakeTwin.python, twins: twins, environment: settings, limit: limit)
  }
}
