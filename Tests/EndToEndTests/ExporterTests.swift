import DashboardCore
import Foundation
import PseudoTerminals
import TerminalTesting
import Testing

@testable import ampscope

/// Exports on threads of their own.
@Suite struct ExporterTests {
  /// A folder that goes away with it.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("export-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
  }

  /// A text whose second of four pieces waits until it is let go.
  private final class Gate: Sendable {
    private let (reached, open) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))

    var text: ExportText {
      ExportText(count: 4) { [self] index in
        if index == 1 {
          reached.signal()
          open.wait()
        }
        return "piece \(index)\n"
      }
    }

    /// Until the writer has come to the second piece.
    func waitForWriter() { reached.wait() }

    func letGo() { open.signal() }
  }

  private static let whole = "piece 0\npiece 1\npiece 2\npiece 3\n"

  private func messages(of body: ((String) -> Void) -> Void) -> [String] {
    var messages: [String] = []
    body { messages.append($0) }
    return messages
  }

  @Test("A file has its name only when it is complete; a second of its kind is refused until then, another kind is not")
  func complete() throws {
    let (folder, gate) = (try Folder(), Gate())
    let exporter = Exporter(folder: folder.path)
    #expect(exporter.start(.csv, gate.text) == nil)
    gate.waitForWriter()
    let name = try #require(folder.files.first)
    #expect(folder.files.count == 1 && name.hasSuffix(".csv.partial") && name.hasPrefix("ampscope-"))
    #expect(exporter.activity == "writing \(name.dropLast(8)), 25 %")
    #expect(exporter.start(.csv, gate.text)?.contains("still being written") == true)
    #expect(exporter.start(.json, ExportText { "[]\n" }) == nil)
    gate.letGo()
    exporter.finish { _ in }
    #expect(exporter.activity == nil && folder.files.count == 2)
    #expect(try folder.text(String(name.dropLast(8))) == ExporterTests.whole)
    // After that the next has a name of its own, even within the same second.
    #expect(exporter.start(.csv, ExportText { "x\n" }) == nil)
    exporter.finish { _ in }
    #expect(folder.files.count == 3)
  }

  @Test("Leaving waits for what is being written and tells it")
  func finish() throws {
    let (folder, gate) = (try Folder(), Gate())
    let exporter = Exporter(folder: folder.path)
    #expect(exporter.start(.json, gate.text) == nil)
    gate.waitForWriter()
    let told = messages { tell in
      exporter.finish { text in
        tell(text)
        // The first line stands there while the file is being written.
        gate.letGo()
      }
    }
    #expect(told.count == 2 && told[0].hasPrefix("writing ampscope-") && told[0].contains("Ctrl-C"))
    #expect(told[1] == "written: \(folder.files.first ?? "")")
    #expect(messages { exporter.finish(tell: $0) }.isEmpty)
  }

  @Test("Leaving at once takes away what is not complete, tells it, and no file gets its name later")
  func giveUp() throws {
    let (folder, gate) = (try Folder(), Gate())
    let exporter = Exporter(folder: folder.path)
    #expect(exporter.start(.csv, gate.text) == nil)
    gate.waitForWriter()
    let told = messages { exporter.giveUp(tell: $0) }
    #expect(told.count == 1 && told[0].hasSuffix(".csv not written: left before it was complete"))
    #expect(folder.files.isEmpty)
    gate.letGo()
    let later = messages { exporter.finish(tell: $0) }
    #expect(later.count <= 2 && later.last?.contains("not written") == true && folder.files.isEmpty)
  }

  @Test("Where a file cannot be written the reason is told, and nothing is left")
  func refused() throws {
    let folder = try Folder()
    let exporter = Exporter(folder: folder.path + "/not there")
    #expect(exporter.start(.text, ExportText { "x" }) == nil)
    let told = messages { exporter.finish(tell: $0) }
    #expect(told.last?.contains("not written: No such file or directory; ") == true && folder.files.isEmpty)
  }

  @Test("A file that another program made meanwhile stays as it is")
  func taken() throws {
    let (folder, gate) = (try Folder(), Gate())
    let exporter = Exporter(folder: folder.path)
    #expect(exporter.start(.csv, gate.text) == nil)
    gate.waitForWriter()
    let name = String(try #require(folder.files.first).dropLast(8))
    try Data("theirs".utf8).write(to: URL(fileURLWithPath: folder.path + "/" + name))
    gate.letGo()
    let told = messages { exporter.finish(tell: $0) }
    #expect(told.last?.hasPrefix("\(name) not written: File exists") == true)
    #expect(try folder.files == [name] && folder.text(name) == "theirs")
  }

  @Test("In the program: every kind at once while lanes train, and leaving before the last is told of loses none")
  func program() throws {
    let folder = try Folder()
    let session = try ProbeSession(
      "/bin/sh",
      arguments: ["-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder.path, Program.url.path]
        + smallRun.dropFirst() + ["--lanes", "fp32,amp-bf16", "--numerics", "5"],
      environment: ["XDG_CONFIG_HOME": folder.path + "/c", "XDG_STATE_HOME": folder.path + "/s"], columns: 120, rows: 40
    )
    try session.wait(for: "the lanes") { $0.terminal.text.contains("running") }
    session.terminal.type("eaq")
    try session.wait(for: "the question") { $0.terminal.text.contains("Training is running") }
    session.terminal.type("y")
    #expect(try session.waitForExit() == 0)
    let files = folder.files.filter { $0.hasPrefix("ampscope-") }
    #expect(files.count == ExportFormat.allCases.count && !files.contains { $0.hasSuffix(".partial") }, "\(files)")
    for file in files where file.hasSuffix(".json") {
      let rows = try JSONSerialization.jsonObject(with: Data(folder.text(file).utf8)) as? [[String: Any]]
      #expect(rows != nil, "\(file)")
    }
  }
}
