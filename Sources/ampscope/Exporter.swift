import DashboardCore
import DashboardTerminal
import Foundation
import Synchronization

/// Writes exports into the working directory on threads of their own, while the screen goes on.
///
/// A file gets its name once all of it is written; until then it stands beside, as `NAME.partial`. One export of a kind at
/// a time.
final class Exporter: Sendable {
  private struct Job {
    var name: String
    var share = 0.0
  }

  private struct Status {
    var running: [ExportFormat: Job] = [:]
    var messages: [String] = []
    var isGivenUp = false
  }

  private let folder: String
  private let status = Mutex(Status())
  private let threads = DispatchGroup()

  init(folder: String = FileManager.default.currentDirectoryPath) { self.folder = folder }

  /// Starts to write a text; returns why it does not, or nil.
  func start(_ format: ExportFormat, _ text: ExportText) -> String? {
    let name = UserFiles.freshName(format, in: folder)
    let refusal = status.withLock { status -> String? in
      if let job = status.running[format] { return "\(job.name) is still being written: export again once it is" }
      status.running[format] = Job(name: name)
      return nil
    }
    guard refusal == nil else { return refusal }
    threads.enter()
    let thread = Thread { [self] in
      // As the lanes, behind the thread that draws; where that is refused, the export is as urgent as everything.
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
      let problem = write(text, format, to: folder + "/" + name)
      status.withLock { status in
        status.running[format] = nil
        status.messages.append(problem.map { "\(name) not written: \($0)" } ?? "written: \(name)")
      }
      TerminalScreen.wake()
      threads.leave()
    }
    thread.name = "export"
    thread.start()
    return nil
  }

  /// What became of exports since the last call.
  func takeMessages() -> [String] {
    status.withLock { status in
      defer { status.messages = [] }
      return status.messages
    }
  }

  /// What is being written and how much of it is; nil where nothing is.
  var activity: String? {
    let jobs = status.withLock { $0.running.values.sorted { $0.name < $1.name } }
    guard !jobs.isEmpty else { return nil }
    return "writing " + jobs.map { "\($0.name), \(Int($0.share * 100)) %" }.joined(separator: " · ")
  }

  /// Waits for what is being written, and tells that, and what became of it.
  func finish(tell: (String) -> Void) {
    if let activity { tell("\(activity); Ctrl-C leaves it unfinished") }
    threads.wait()
    takeMessages().forEach(tell)
  }

  /// Takes away what is not complete yet, tells what that was, and what was done; no file gets its name after this.
  func giveUp(tell: (String) -> Void) {
    let names = status.withLock { status in
      status.isGivenUp = true
      return status.running.values.map(\.name).sorted()
    }
    takeMessages().forEach(tell)
    for name in names {
      unlink(partial(folder + "/" + name))
      tell("\(name) not written: left before it was complete")
    }
  }

  private func partial(_ path: String) -> String { path + ".partial" }

  /// Writes a file beside and gives it its name; returns why it could not, and leaves nothing then.
  private func write(_ text: ExportText, _ format: ExportFormat, to path: String) -> String? {
    let beside = partial(path)
    let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return Exporter.reason(errno) }
    var problem: String?
    for index in 0..<text.count where problem == nil {
      let code = StandardStream.write(Data(text[index].utf8), to: descriptor)
      if code != 0 { problem = Exporter.reason(code) }
      status.withLock { status in
        status.running[format]?.share = Double(index + 1) / Double(text.count)
        if status.isGivenUp { problem = "left before it was complete" }
      }
    }
    // A disk may say only now that it is full.
    if fsync(descriptor) != 0, errno != EINVAL, problem == nil { problem = Exporter.reason(errno) }
    if close(descriptor) != 0, problem == nil { problem = Exporter.reason(errno) }
    return status.withLock { status in
      if status.isGivenUp { problem = "left before it was complete" }
      if problem == nil { problem = Exporter.name(beside, path) }
      if problem != nil { unlink(beside) }
      return problem
    }
  }

  /// Gives a file its name, unless another has it by now; returns why it could not.
  private static func name(_ beside: String, _ path: String) -> String? {
    if link(beside, path) == 0 {
      unlink(beside)
      return nil
    }
    // Some file systems know no second name.
    if errno == EEXIST || rename(beside, path) != 0 { return reason(errno) }
    return nil
  }

  private static func reason(_ code: Int32) -> String {
    "\(String(cString: strerror(code))); make room, or start ampscope in another folder"
  }
}
