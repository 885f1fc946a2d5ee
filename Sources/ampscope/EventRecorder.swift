import Foundation
import TrainingEvents

/// Writes events as JSON lines to a file or to standard output.
final class EventRecorder {
  private let handle: FileHandle
  private let path: String
  private let encoder = EventLineEncoder()

  /// Opens the file, replacing what is there.
  ///
  /// Throws `RecorderError` where it cannot be written.
  init(_ path: String) throws {
    self.path = path
    if path == "-" {
      handle = .standardOutput
      return
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RecorderError(path: path, reason: String(cString: strerror(errno))) }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Whether lines go to standard output, which then carries nothing else.
  var isStandardOutput: Bool { path == "-" }

  /// Writes events, one line each.
  ///
  /// Throws `RecorderError` where the disk is full, and `ExitStatus` where the reader is gone.
  func write(_ events: [TrainingEvent]) throws {
    guard !events.isEmpty else { return }
    var data = Data()
    for event in events { data.append(try encoder.line(event)) }
    switch StandardStream.write(data, to: handle.fileDescriptor) {
    case 0: return
    case EPIPE where isStandardOutput: throw ExitStatus.signal(SIGPIPE)
    case let code: throw RecorderError(path: path, reason: String(cString: strerror(code)))
    }
  }
}

/// Events cannot be written.
struct RecorderError: Error, CustomStringConvertible {
  var option = "--jsonl"
  let path: String
  let reason: String

  var description: String {
    "\(option) \(path): cannot be written (\(reason)); choose another file, or make room"
  }
}
